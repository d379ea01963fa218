import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import mysql from 'mysql2/promise';
import { readyUntilStopped } from '../../harness/forked.js';
import { createSynchronousCheckout, type SynchronousCheckout } from './checkout.js';

/** A shop that has written stock, order and items before it answers: one transaction a request, on 32 connections. */

const pool = mysql.createPool({
  uri: process.env['TEST_MYSQL_URL'] ?? '',
  connectionLimit: 32,
  maxIdle: 32,
  timezone: 'Z',
});
const checkout = createSynchronousCheckout(pool);

const app = express();
app.post('/checkout', express.json(), async (request, response) => {
  const placed = await checkout(request.body as SynchronousCheckout, request.get('Idempotency-Key') ?? '');
  response.status(201).location(placed.links.order).json(placed);
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
await readyUntilStopped(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
process.exit();

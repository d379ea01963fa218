import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { readyUntilStopped } from '../../harness/forked.js';

/** Express with its default settings: parses the same JSON as a checkout and answers the same JSON, and does nothing. */

const orderId = '0199f1f0-7b1e-7c3e-9d3f-3a4f6c2b1e00';
const placed = {
  orderId,
  status: 'placed',
  amount: 1250,
  currency: 'EUR',
  expiresAt: new Date(0),
  readToken: 'x'.repeat(43),
  links: { order: `/orders/${orderId}`, cancel: `/orders/${orderId}/cancel` },
};

const app = express();
app.post('/checkout', express.json(), (_request, response) => {
  response.status(201).location(placed.links.order).json(placed);
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
await readyUntilStopped(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
process.exit();

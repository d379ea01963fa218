import { z } from 'zod';
import { CAPTURE_AT } from '../domain/authorisation.js';
import { riskNames } from '../domain/risks.js';
import { bearer, bearers } from './bearer-tokens.js';
import { tlsOf } from './tls.js';
import {
  base64Secrets,
  callable,
  count,
  developmentSecret,
  duration,
  durationOrNone,
  durationUpTo,
  flag,
  hostAndPort,
  namesOf,
  orderQueue,
  port,
  secrets,
  trustProxy,
  url,
} from './values.js';
import { paymentWindows } from './windows.js';

const captureAt = z.enum(CAPTURE_AT).default('at-once');

/**
 * Each variable: its schema and an example that is valid. The README, docs/configuration.md and `.env.example` list the
 * same names.
 */
export const variables = {
  NODE_ENV: { schema: z.enum(['development', 'test', 'production']).default('development'), example: 'production' },
  LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    example: 'info',
  },
  HOST: { schema: z.string().min(1).default('127.0.0.1'), example: '0.0.0.0' },
  PORT: { schema: port.default(3000), example: '3000' },
  ADMIN_HOST: { schema: z.string().min(1).default('127.0.0.1'), example: '127.0.0.1' },
  ADMIN_PORT: { schema: port.default(0), example: '9000' },
  RATE_LIMIT: { schema: count(0).default(600_000), example: '6000' },
  TRUST_PROXY: { schema: trustProxy.default(false), example: '1' },
  KEEP_ALIVE_TIMEOUT: { schema: duration.default(75_000), example: '75 seconds' },
  DRAIN_DELAY: { schema: durationOrNone.optional(), example: '5 seconds' },
  STOP_GRACE: { schema: duration.default(20_000), example: '20 seconds' },
  HEALTH_PORT: { schema: port.default(0), example: '9090' },
  MYSQL_URL: {
    schema: url('mysql').superRefine(tlsOf('mysql:', 'ssl-ca')),
    example: 'mysql://orders:secret@127.0.0.1:3306/orders',
  },
  ACCEPTED_RISKS: { schema: namesOf(riskNames).default([]), example: 'innodb_flush_log_at_trx_commit' },
  MYSQL_POOL_SIZE: { schema: count(1).default(10), example: '10' },
  AMQP_URL: {
    schema: url('amqp', 'amqps').superRefine(tlsOf('amqps:', 'cacertfile')),
    example: 'amqp://orders:secret@127.0.0.1:5672/',
  },
  RABBITMQ_API_URL: {
    schema: url('http', 'https').optional(),
    example: 'https://orders:secret@mq.example.com:15671/',
  },
  BRIDGE_PREFETCH: { schema: count(1, 65_535).default(200), example: '200' },
  RECONCILE_AFTER: { schema: duration.default(15_000), example: '15 seconds' },
  EVENTS_KEPT: { schema: duration.default(30 * 24 * 3_600_000), example: '30 days' },
  ENDPOINTS_ALLOW_PRIVATE: { schema: flag.optional(), example: 'true' },
  ORDER_QUEUE: { schema: orderQueue.default('order_create_queue'), example: 'order_bridge_create_queue' },
  CONSUME_CANCEL_QUEUE: { schema: flag.default(true), example: 'false' },
  ORDER_QUEUE_TYPE: { schema: z.enum(['quorum', 'classic']).default('quorum'), example: 'quorum' },
  TEMPORAL_ADDRESS: { schema: hostAndPort, example: '127.0.0.1:7233' },
  TEMPORAL_NAMESPACE: { schema: z.string().min(1).default('default'), example: 'default' },
  TEMPORAL_TASK_QUEUE: { schema: z.string().min(1).default('orders'), example: 'orders' },
  WORKER_VERSIONING: { schema: z.enum(['none', 'pinned']).default('none'), example: 'pinned' },
  PAYMENT_WINDOW: { schema: duration.default(30 * 60 * 1000), example: '30 minutes' },
  PAYMENT_WINDOWS: { schema: paymentWindows.default(new Map()), example: 'card=30 minutes, transfer=7 days' },
  MAX_PAYMENT_WINDOW: { schema: duration.default(30 * 24 * 60 * 60 * 1000), example: '30 days' },
  PROCESSING_EXTENSION: { schema: duration.default(7 * 24 * 60 * 60 * 1000), example: '7 days' },
  REMIND_BEFORE: { schema: duration.optional(), example: '1 day' },
  MAX_WAITING_CHECKOUTS: { schema: count(1).default(2_000), example: '2000' },
  MAX_QUANTITY_PER_ORDER: { schema: count(0).default(1_000), example: '1000' },
  MAX_OPEN_ORDERS_PER_USER: { schema: count(0, 1_000).default(1_000), example: '100' },
  PAYMENT_WEBHOOK_SECRET: { schema: base64Secrets, example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
  PAYMENT_PROVIDER_URL: { schema: callable.optional(), example: 'https://payments.example.com' },
  PAYMENT_PROVIDER_TOKEN: { schema: bearer(16).optional(), example: 'another-long-random-string' },
  PAYMENT_CAPTURE: { schema: captureAt, example: 'at-settlement' },
  CLOSE_PAYMENTS_WITHIN: { schema: durationUpTo('10 minutes').default(10_000), example: '10 seconds' },
  UNPLACED_PAYMENTS: { schema: z.enum(['keep', 'refund']).default('keep'), example: 'keep' },
  LATE_PAYMENTS: { schema: z.enum(['refund', 'sell-if-available']).default('refund'), example: 'sell-if-available' },
  LATE_SALES_WITHIN: { schema: duration.default(24 * 60 * 60 * 1000), example: '24 hours' },
  STRIPE_WEBHOOK_SECRET: { schema: secrets.optional(), example: 'whsec_abc123' },
  STRIPE_SECRET_KEY: {
    schema: z
      .string()
      .regex(/^(sk|rk)_\w+$/, 'is not a key that starts with sk_ or rk_')
      .optional(),
    example: 'sk_live_abc123',
  },
  STRIPE_CAPTURE: { schema: captureAt, example: 'at-settlement' },
  STRIPE_API_URL: {
    schema: callable.default('https://api.stripe.com'),
    example: 'https://api.stripe.com',
  },
  SIMULATOR_WEBHOOK_URL: {
    schema: callable.default('http://127.0.0.1:3000/webhooks/payment'),
    example: 'http://127.0.0.1:3000/webhooks/payment',
  },
  SIMULATOR_WEBHOOK_SECRET: {
    schema: developmentSecret.default('whsec_ZGV2ZWxvcG1lbnQtb25seS1zZWNyZXQh'),
    example: 'whsec_ZGV2ZWxvcG1lbnQtb25seS1zZWNyZXQh',
  },
  CHECKOUT_TOKEN: { schema: bearers(16).optional(), example: 'one-more-long-random-string' },
  CHECKOUT_OPEN: { schema: flag.default(false), example: 'true' },
  ADMIN_TOKEN: { schema: bearer(16), example: 'a-long-random-string-of-letters' },
} as const;

/** Pairs of variables: both are set, or neither. With the webhook secret alone, payments could not be refunded. */
export const bothOrNeither = [['STRIPE_WEBHOOK_SECRET', 'STRIPE_SECRET_KEY']] as const;

/** The variables of the hosts and ports of one process's two listeners, which cannot share an address. */
export const listeners = { first: ['HOST', 'PORT'], second: ['ADMIN_HOST', 'ADMIN_PORT'] } as const;

export type Name = keyof typeof variables;
export type Config = { readonly [K in Name]: z.infer<(typeof variables)[K]['schema']> };

export const variableNames = Object.keys(variables) as Name[];

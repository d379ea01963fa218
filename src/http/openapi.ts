import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { WebhookReader } from '../domain/payment.js';
import { checkoutBody, idempotencyKey, orderAnswer, placedOrder, problemAnswer } from './schemas.js';

/** The API's description, from the schemas that validate its requests. */
export function openApiDocument(webhooks: readonly WebhookReader[]) {
  const registry = new OpenAPIRegistry();
  const bearer = registry.registerComponent('securitySchemes', 'readToken', { type: 'http', scheme: 'bearer' });
  const readToken = [{ [bearer.name]: [] }];
  const orderId = z.object({ orderId: z.uuid() });

  registry.registerPath({
    method: 'post',
    path: '/checkout',
    summary: 'Reserve stock and place an order',
    description: 'Prices come from the catalogue. The same key and body again get the same order, and its status now.',
    request: {
      headers: z.object({ 'Idempotency-Key': idempotencyKey }),
      body: { required: true, content: { 'application/json': { schema: checkoutBody } } },
    },
    responses: {
      201: {
        description: 'The reservation is durable',
        headers: z.object({
          Location: z.string(),
          'Idempotent-Replayed': z.literal('true').optional(),
        }),
        content: { 'application/json': { schema: placedOrder } },
      },
      400: problem('No Idempotency-Key, or not JSON'),
      409: problem('Out of stock, naming each short line; or more than one customer may hold, naming the limit'),
      413: problem('Body too large'),
      422: problem('Invalid field, or the key was used with another body'),
      ...later,
    },
  });
  registry.registerPath({
    method: 'get',
    path: '/orders/{orderId}',
    summary: 'Read an order',
    security: readToken,
    request: { params: orderId },
    responses: {
      200: { description: 'The order', content: { 'application/json': { schema: orderAnswer } } },
      404: problem('No such order, or the token is not its token'),
      ...later,
    },
  });
  registry.registerPath({
    method: 'post',
    path: '/orders/{orderId}/cancel',
    summary: 'Cancel an order that is not paid',
    security: readToken,
    request: { params: orderId },
    responses: {
      200: { description: 'It is canceled', content: { 'application/json': { schema: orderAnswer } } },
      202: { description: 'The cancellation was asked for', content: { 'application/json': { schema: orderAnswer } } },
      404: problem('No such order, or the token is not its token'),
      409: problem('It is paid'),
      ...later,
    },
  });
  for (const { path, expects } of webhooks) {
    registry.registerPath({
      method: 'post',
      path,
      summary: expects.summary,
      description: 'For payment providers. Other types are answered 204 and ignored.',
      request: {
        headers: z.object(Object.fromEntries(expects.headers.map((name) => [name, z.string()]))),
        body: { required: true, content: { 'application/json': { schema: expects.body } } },
      },
      responses: {
        204: { description: 'Stored, or ignored' },
        401: problem('Signature not accepted'),
        409: problem('The event id was used before with another body'),
        413: problem('Body too large'),
        ...(expects.refusesInvalid && { 422: problem('Invalid field') }),
        ...later,
      },
    });
  }

  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'order-bridge',
      version: '0.1.0',
      description: 'From "Buy" to "Paid". Money is in minor units; errors are RFC 9457 problems.',
    },
  });
}

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemAnswer } },
});

const retryAfter = { headers: z.object({ 'Retry-After': z.string().openapi({ description: 'seconds' }) }) };
const later = {
  429: { ...problem('Too many requests from this address'), ...retryAfter },
  503: { ...problem('Overloaded, or temporarily unavailable'), ...retryAfter },
};

import { z } from './zod.js';

/** The shape of every answer that is not a success: see `problemBody`. */
export const problemAnswer = z
  .object({
    type: z.string().openapi({ example: 'urn:order-bridge:problem:out-of-stock' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ field: z.string(), pointer: z.string().optional(), detail: z.string() })).optional(),
    lines: z
      .array(
        z.object({
          sku: z.string(),
          requested: z.int(),
          available: z.int().optional().openapi({ description: 'of out-of-stock' }),
          limit: z.int().optional().openapi({ description: 'of too-many-of-product' }),
          left: z.int().optional().openapi({ description: 'of refund-too-many-units' }),
        }),
      )
      .optional(),
    limit: z.int().optional().openapi({ description: 'the limit that was reached' }),
    orderStatus: z
      .enum(['placed', 'paid', 'canceled'])
      .optional()
      .openapi({ description: 'of the order that refuses a change' }),
    stock: z
      .object({ available: z.int(), reserved: z.int(), requested: z.int().optional(), sold: z.int().optional() })
      .optional()
      .openapi({ description: 'of the product, where it refuses a change; requested: of a change of the stock' }),
    refund: z
      .object({ paid: z.int(), left: z.int(), requested: z.int() })
      .optional()
      .openapi({ description: 'of refund-too-large, in minor units' }),
    orders: z
      .object({ total: z.int(), newest: z.array(z.string()) })
      .optional()
      .openapi({ description: 'the open orders that hold the stock: how many, and the ids of the newest' }),
    endpointId: z.string().optional().openapi({ description: 'the endpoint that is in the way' }),
    orderId: z.string().optional().openapi({ description: 'the order that is in the way' }),
  })
  .openapi('Problem');

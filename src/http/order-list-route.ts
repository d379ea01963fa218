import type { Request, Response } from 'express';
import { z } from 'zod';
import { EXPECTED_CURRENCY, isCurrency } from '../domain/currency.js';
import { EXPECTED_CUSTOMER, toCustomer } from '../domain/customer.js';
import { EXPECTED_REFERENCE, EXPECTED_STATUS, toReference } from '../domain/filter-values.js';
import type { OrderView } from '../domain/order.js';
import { EXPECTED_UNTIL, isBackwards, type OrderFilters } from '../domain/order-filters.js';
import { isOrderId, orderIdFrom } from '../domain/order-id.js';
import { toAnswer } from './order-routes.js';
import { validateQuery } from './query.js';
import { momentParameter as moment, parameter, trueOrFalse, wholeNumber } from './query-parameters.js';
import { orderAnswer, sku } from './schemas.js';

export interface OrderListDeps {
  readonly listOrders: (
    filters: OrderFilters,
    page: { readonly after?: string | undefined; readonly limit: number },
  ) => Promise<{ readonly orders: readonly OrderView[]; readonly next: string | undefined }>;
}

const LONGEST_PAGE = 200;

const statuses = ['placed', 'paid', 'canceled'] as const;

/** The parameters of `GET /orders`. */
export const orderListQuery = z
  .strictObject({
    customer: parameter(toCustomer, EXPECTED_CUSTOMER).optional().openapi({
      type: 'string',
      description: 'the userId of the checkout',
      example: '7',
    }),
    status: z.enum(statuses, { error: EXPECTED_STATUS }).optional(),
    sku: sku.optional(),
    since: moment.optional().openapi({ type: 'string', format: 'date-time', description: 'placed then or later' }),
    until: moment.optional().openapi({ type: 'string', format: 'date-time', description: 'placed before' }),
    reference: parameter(toReference, EXPECTED_REFERENCE)
      .optional()
      .openapi({ type: 'string', description: "the shop's own number of the order" }),
    amount: wholeNumber(0, Number.MAX_SAFE_INTEGER)
      .optional()
      .openapi({ type: 'integer', description: 'in minor units' }),
    currency: parameter((text) => (isCurrency(text) ? text : undefined), EXPECTED_CURRENCY)
      .optional()
      .openapi({ type: 'string', example: 'EUR' }),
    archived: trueOrFalse
      .optional()
      .openapi({ type: 'boolean', description: 'true: the archived orders, and no others' }),
    after: parameter((text) => (isOrderId(text) ? orderIdFrom(text) : undefined), 'expected `next` of the page before')
      .optional()
      .openapi({ type: 'string', format: 'uuid', description: '`next` of the page before' }),
    limit: wholeNumber(1, LONGEST_PAGE)
      .default(50)
      .openapi({ type: 'integer', minimum: 1, maximum: LONGEST_PAGE, description: 'the most orders of a page' }),
  })
  .superRefine((query, context) => {
    if (isBackwards(query)) context.addIssue({ code: 'custom', path: ['until'], message: EXPECTED_UNTIL });
  });

export const orderListAnswer = z
  .object({
    orders: z.array(orderAnswer),
    next: z.uuid().nullable().openapi({ description: '`after` of the next page; null on the last page' }),
  })
  .openapi('OrderList');

/** `GET /orders`, for operators. */
export function listOrdersRoute({ listOrders }: OrderListDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const { after, limit, ...filters } = validateQuery(orderListQuery, request);
    const { orders, next = null } = await listOrders(filters, { after, limit });
    response.json({ orders: orders.map(toAnswer), next });
  };
}

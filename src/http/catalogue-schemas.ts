import { EXPECTED_NAME, PRODUCT_LIMITS, toProductName } from '../domain/product.js';
import { currency, sku, wholeNumber } from './schemas.js';
import { z } from './zod.js';

/** The shapes of the operators' routes for the catalogue, for validation and for `/openapi.json`. */

const name = z
  .string({ error: EXPECTED_NAME })
  .refine((text) => toProductName(text) !== undefined, { error: EXPECTED_NAME })
  .openapi({ minLength: 1, maxLength: PRODUCT_LIMITS.name, example: 'Red mug' });

const active = z.boolean({ error: 'expected true or false' });
const EXPECTED_LIMIT = `expected a whole number from 1 to ${PRODUCT_LIMITS.maxPerOrder}, or null`;
const maxPerOrder = z
  .int({ error: EXPECTED_LIMIT })
  .min(1, { error: EXPECTED_LIMIT })
  .max(PRODUCT_LIMITS.maxPerOrder, { error: EXPECTED_LIMIT })
  .nullable()
  .openapi({ description: 'the most units in one order; null: no limit of its own' });
const unitPrice = wholeNumber(0, PRODUCT_LIMITS.unitPrice).openapi({
  description: 'in minor units; the price from the next checkout on',
  example: 1250,
});

const fields = { name, unitPrice, currency };

export const productBody = z
  .strictObject(
    {
      ...fields,
      active: active.optional().openapi({ description: 'absent: as it is; true for a new product' }),
      maxPerOrder: maxPerOrder.optional().openapi({ description: 'absent: as it is; null for a new product' }),
    },
    {
      error: (issue) =>
        issue.code === 'invalid_type' ? 'expected an object with name, unitPrice and currency' : undefined,
    },
  )
  .openapi('WantedProduct');

const units = z.int().min(0);

export const catalogueProduct = z
  .object({
    sku,
    ...fields,
    active: active.openapi({ description: 'whether customers can buy the product' }),
    maxPerOrder,
    available: units.openapi({ description: 'units that can be bought' }),
    reserved: units.openapi({ description: 'units of open orders' }),
    sold: units.openapi({ description: 'units of paid orders' }),
  })
  .openapi('CatalogueProduct');

export const productPage = z
  .object({
    products: z.array(catalogueProduct),
    links: z.object({ next: z.string().optional().openapi({ description: 'the next page, if there is one' }) }),
  })
  .openapi('ProductPage');

const LIMIT = { usual: 100, highest: 1_000 } as const;
const EXPECTED_PAGE = `expected a whole number from 1 to ${LIMIT.highest}`;

export const productQuery = z.strictObject({
  after: sku.optional().openapi({ description: 'only products behind this SKU' }),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, { error: EXPECTED_PAGE })
    .transform(Number)
    .refine((limit) => limit <= LIMIT.highest, { error: EXPECTED_PAGE })
    .default(LIMIT.usual)
    .openapi({ type: 'integer', minimum: 1, maximum: LIMIT.highest }),
  active: z
    .enum(['true', 'false'], { error: 'expected true or false' })
    .transform((text) => text === 'true')
    .optional()
    .openapi({ type: 'boolean', description: 'only products on sale, or only products off sale' }),
  text: z
    .string()
    .min(1, { error: 'expected a text' })
    .max(PRODUCT_LIMITS.name, { error: `expected at most ${PRODUCT_LIMITS.name} characters` })
    .optional()
    .openapi({ description: 'a part of the name or of the SKU, in upper or lower case' }),
});

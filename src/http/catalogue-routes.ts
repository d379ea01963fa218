import type { Request, Response } from 'express';
import type { CatalogueProduct, SavedProduct, WantedProduct } from '../domain/product.js';
import { EXPECTED_SKU, toSku } from '../domain/sku.js';
import { readJson, validate } from './body.js';
import { productBody, productQuery } from './catalogue-schemas.js';
import { invalid, Problem } from './problem.js';
import { validateQuery } from './query.js';
import { noSuchProduct, skuOf } from './sku-in-path.js';

type Stock = Pick<CatalogueProduct, 'available' | 'reserved' | 'sold'>;

export interface CatalogueDeps {
  /** In the order of the SKU. */
  readonly listProducts: (page: {
    readonly after?: string | undefined;
    readonly limit: number;
    readonly active?: boolean | undefined;
    readonly text?: string | undefined;
  }) => Promise<readonly CatalogueProduct[]>;
  readonly readProduct: (sku: string) => Promise<CatalogueProduct | undefined>;
  readonly saveProduct: (product: WantedProduct) => Promise<SavedProduct | undefined>;
  readonly deleteProduct: (
    sku: string,
  ) => Promise<{ readonly kind: 'deleted' | 'unknown' } | ({ readonly kind: 'in-use' } & Stock)>;
}

/** `GET /products`: a page of the catalogue. Products that come and go move no product to another page. */
export function listProductsRoute({ listProducts }: CatalogueDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const query = validateQuery(productQuery, request);
    const found = await listProducts({ ...query, limit: query.limit + 1 });
    const products = found.slice(0, query.limit);
    const last = products.at(-1);
    const isMore = found.length > query.limit && last !== undefined;
    response.json({ products, links: { ...(isMore && { next: nextPage(request, last.sku) }) } });
  };
}

function nextPage({ originalUrl }: Request, after: string): string {
  const { pathname, searchParams } = new URL(originalUrl, 'http://localhost');
  searchParams.set('after', after);
  return `${pathname}?${searchParams}`;
}

/** `GET /products/:sku` */
export function readProductRoute({ readProduct }: CatalogueDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    response.json(await existing(readProduct, skuOf(request)));
  };
}

/**
 * `PUT /products/:sku`: 201 for a new product, 200 for one that exists. `active` and `maxPerOrder` stay as they are when
 * they are absent, so that a change of the price puts no retired product on sale. The same request again changes nothing.
 */
export function putProductRoute({ readProduct, saveProduct }: CatalogueDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const sku = toSku(String(request.params.sku));
    if (sku === undefined) throw wrongSku();
    const saved = await saveProduct({ sku, ...validate(productBody, readJson(request.body)) });
    const isNew = saved?.outcome === 'created';
    const product = await existing(readProduct, sku);
    if (isNew) response.location(`/products/${encodeURIComponent(sku)}`);
    response.status(isNew ? 201 : 200).json(product);
  };
}

/** `DELETE /products/:sku`: 204, or 409 while an order names the product. */
export function deleteProductRoute({ deleteProduct }: CatalogueDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const sku = skuOf(request);
    const deletion = await deleteProduct(sku);
    if (deletion.kind === 'unknown') throw noSuchProduct(sku);
    if (deletion.kind === 'in-use') throw productInUse(sku, deletion);
    response.status(204).end();
  };
}

async function existing(read: CatalogueDeps['readProduct'], sku: string): Promise<CatalogueProduct> {
  const product = await read(sku);
  if (product === undefined) throw noSuchProduct(sku);
  return product;
}

export const wrongSku = (): Problem => {
  return invalid([{ field: 'sku', detail: `${EXPECTED_SKU}, percent-encoded in the path` }]);
};

export const productInUse = (sku: string, { available, reserved, sold }: Stock): Problem =>
  new Problem(
    409,
    'product-in-use',
    'Product in use',
    `${sku} cannot be deleted: ${available} units are in stock, ${reserved} are reserved by open orders, ${sold} are sold` +
      `${available === 0 ? ', and orders name the product' : ''}. To take the product off sale, put it with "active": false.`,
    { stock: { available, reserved, sold } },
  );

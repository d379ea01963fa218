/** An invalid field: its path for a reader, such as `items[0].sku`, and as a JSON pointer (RFC 6901) into the body. */
export interface FieldError {
  readonly field: string;
  readonly pointer?: string;
  readonly detail: string;
}

/** What a problem may have besides its type, its title and its detail. */
export interface ProblemExtra {
  readonly errors?: readonly FieldError[];
  readonly lines?: readonly object[];
  /** The limit that was reached. */
  readonly limit?: number;
  /** The endpoint that is in the way. */
  readonly endpointId?: string;
  /** The order that is in the way. */
  readonly orderId?: string;
  /** Of an order that refuses a change. `status` is the status of the answer. */
  readonly orderStatus?: 'placed' | 'paid' | 'canceled';
  /** Of the product that refuses a change. `requested`: of a change of its stock. */
  readonly stock?: {
    readonly available: number;
    readonly reserved: number;
    readonly requested?: number;
    readonly sold?: number;
  };
  /** Of money that cannot go back, in minor units. */
  readonly refund?: { readonly paid: number; readonly left: number; readonly requested: number };
  readonly orders?: { readonly total: number; readonly newest: readonly string[] };
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

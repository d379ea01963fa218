/** Paths are relative to the API's own address, which only its clients know. */
export const orderLinks = (orderId: string): { readonly order: string; readonly cancel: string } => ({
  order: `/orders/${orderId}`,
  cancel: `/orders/${orderId}/cancel`,
});

/** Paths without a host: the API does not know the address by which its clients reach it. */
export const orderLinks = (orderId: string): { readonly order: string; readonly cancel: string } => ({
  order: `/orders/${orderId}`,
  cancel: `/orders/${orderId}/cancel`,
});

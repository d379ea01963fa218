const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * An order's id in the form of the database. By RFC 9562 a UUID in capitals is the same UUID; any other text stays as
 * it is.
 */
export const orderIdFrom = (text: string): string => (uuid.test(text) ? text.toLowerCase() : text);

export const isOrderId = (text: string): boolean => uuid.test(text);

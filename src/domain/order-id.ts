const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * An order's id as the database has it. RFC 9562 lets a UUID be written in capitals and says that it is the same one;
 * any other text stays as it is.
 */
export const orderIdFrom = (text: string): string => (uuid.test(text) ? text.toLowerCase() : text);

export const isOrderId = (text: string): boolean => uuid.test(text);

/** The id that payment `p` has at its provider, where ours has the provider's name in front; else an id that none has. */
export const unprefixedIdOfP =
  "IF(p.payment_id LIKE CONCAT(p.provider, ':%'), SUBSTRING(p.payment_id, CHAR_LENGTH(p.provider) + 2), '')";

/** For `… IN (…)`: the ids under which a provider may know payment `p`. */
export const providersIdsOfP = `p.payment_id, ${unprefixedIdOfP}`;

import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const orderStatusKey = defineSearchAttributeKey('OrderStatus', SearchAttributeType.KEYWORD);
export const orderUserIdKey = defineSearchAttributeKey('OrderUserId', SearchAttributeType.INT);
export const orderAmountKey = defineSearchAttributeKey('OrderAmount', SearchAttributeType.INT);

/** All that a Temporal must know before an order can be started on it. */
export const searchAttributes = [orderStatusKey, orderUserIdKey, orderAmountKey] as const;

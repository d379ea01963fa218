import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const orderStatusKey = defineSearchAttributeKey('OrderStatus', SearchAttributeType.KEYWORD);
export const orderUserIdKey = defineSearchAttributeKey('OrderUserId', SearchAttributeType.INT);
export const orderAmountKey = defineSearchAttributeKey('OrderAmount', SearchAttributeType.INT);

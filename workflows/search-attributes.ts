import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const orderStatusKey = defineSearchAttributeKey('OrderStatus', SearchAttributeType.KEYWORD);
export const orderCustomerKey = defineSearchAttributeKey('OrderCustomer', SearchAttributeType.KEYWORD);
export const orderAmountKey = defineSearchAttributeKey('OrderAmount', SearchAttributeType.INT);
export const orderReferenceKey = defineSearchAttributeKey('OrderReference', SearchAttributeType.KEYWORD);

/** A namespace must have all of them before an order's workflow can start in the namespace. */
export const searchAttributes = [orderStatusKey, orderCustomerKey, orderAmountKey, orderReferenceKey] as const;

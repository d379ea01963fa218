import { defineQuery, defineSignal } from '@temporalio/workflow';
import {
  CANCEL_REQUESTED,
  type CancelRequested,
  ORDER_STATE,
  type OrderState,
  PAYMENT_RECEIVED,
  type PaymentReceived,
} from './contract.js';

export const paymentReceived = defineSignal<[PaymentReceived]>(PAYMENT_RECEIVED);
export const cancelRequested = defineSignal<[CancelRequested]>(CANCEL_REQUESTED);
export const orderState = defineQuery<OrderState>(ORDER_STATE);

import { defineQuery, defineSignal } from '@temporalio/workflow';
import {
  CANCEL_REQUESTED,
  type CancelRequested,
  DEADLINE_MOVED,
  type DeadlineMoved,
  ORDER_STATE,
  type OrderState,
  PAYMENT_RECEIVED,
  type PaymentReceived,
} from './contract.js';

export const paymentReceived = defineSignal<[PaymentReceived]>(PAYMENT_RECEIVED);
export const cancelRequested = defineSignal<[CancelRequested]>(CANCEL_REQUESTED);
export const deadlineMoved = defineSignal<[DeadlineMoved]>(DEADLINE_MOVED);
export const orderState = defineQuery<OrderState>(ORDER_STATE);

export { latePaymentWorkflow } from './late-payment-workflow.js';
export { orderWorkflow } from './order-workflow.js';
export { refundWorkflow } from './refund-workflow.js';

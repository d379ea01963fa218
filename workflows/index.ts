export { captureWorkflow } from './capture-workflow.js';
export { latePaymentWorkflow } from './late-payment-workflow.js';
export { orderRefundWorkflow } from './order-refund-workflow.js';
export { orderWorkflow } from './order-workflow.js';
export { refundWorkflow } from './refund-workflow.js';

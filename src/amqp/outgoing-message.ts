import type { Options } from 'amqplib';

export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  /** `messageId` identifies the message in a return. Copies of one message under way at once may share it. */
  readonly properties: Options.Publish & { readonly messageId: string };
}

import type { Options } from 'amqplib';

export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  /** The broker may confirm a message that no queue takes. */
  readonly mayBeUnheard?: true;
  /** `messageId` identifies the message in a return. Copies of one message that are unconfirmed may share an id. */
  readonly properties: Options.Publish & { readonly messageId: string };
}

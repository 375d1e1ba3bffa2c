// The option --reason of every command that changes something: it is in the help where the operation takes a reason, and required where
// the operation requires one.
import type { Command } from 'commander'
import { operations, type Operation, type OperationName } from '@countersign/admin'

export interface ReasonOptions {
  readonly reason?: string
}

const flags = '--reason <text>'
const description = "reason for the change, such as 'ticket 4711'; recorded in the audit log"

/** Adds the option to the command of a write. */
export function withReason(command: Command, name: OperationName): Command {
  const { body }: Operation = operations[name]
  if (!body || !('reason' in body.shape)) return command
  const isRequired = body.safeParse({}).error?.issues.some(({ path }) => path[0] === 'reason')
  return isRequired ? command.requiredOption(flags, description) : command.option(flags, description)
}

/** The input with the reason in its body; unchanged if there is none, so that an older server accepts the request. */
export function addReason<Input extends { readonly params?: unknown; readonly body?: unknown }>(
  input: Input,
  { reason }: ReasonOptions,
): Input {
  return reason === undefined ? input : { ...input, body: { ...(input.body as object | undefined), reason } }
}

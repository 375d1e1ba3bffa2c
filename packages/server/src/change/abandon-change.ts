// Abandons a change that finds, inside its transaction, that there is nothing left to do: the transaction is rolled back, without an
// event.

/** Thrown inside a change to abandon it. Only the caller sees the message. */
export class AbandonedChange extends Error {
  override name = 'AbandonedChange'
}

/** Resolves to the result of the change, or to that of `otherwise` if it was abandoned. */
export async function unlessAbandoned<Result, Other>(
  change: Promise<Result>,
  otherwise: (reason: string) => Other | Promise<Other>,
): Promise<Result | Other> {
  try {
    return await change
  } catch (error) {
    if (error instanceof AbandonedChange) return otherwise(error.message)
    throw error
  }
}

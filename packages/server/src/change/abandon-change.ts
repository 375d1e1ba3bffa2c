// A change that finds, inside its transaction, that there is nothing left to do: it is rolled back and leaves no trace.

/** Thrown inside a change to abandon it. The message is for the caller alone. */
export class AbandonedChange extends Error {
  override name = 'AbandonedChange'
}

/** Resolves to the result of the change, or of `otherwise` where it was abandoned. */
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

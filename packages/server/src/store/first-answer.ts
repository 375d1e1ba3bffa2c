// Retries the queries that a start sends on the connections of token requests: with more patience than a token request has.
import { isStoreUnavailable } from './store-errors.ts'

/** Attempts on a busy database, each of which takes up to a quarter of a second. */
const maxQuestions = 25

/** @throws the error of the last attempt */
export async function untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let question = 1; ; question++) {
    try {
      return await ask()
    } catch (error) {
      if (!isStoreUnavailable(error) || question === maxQuestions) throw error
    }
  }
}

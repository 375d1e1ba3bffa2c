// What a start asks by the connections of token requests: with more patience than a token request has.
import { isStoreUnavailable } from './store-errors.ts'

/** Of a busy database a start waits for as many answers, each up to a quarter of a second. */
const maxQuestions = 25

/** @throws whatever the store throws at last */
export async function untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let question = 1; ; question++) {
    try {
      return await ask()
    } catch (error) {
      if (!isStoreUnavailable(error) || question === maxQuestions) throw error
    }
  }
}

// Counts the token requests that the guards of this process send, and those that did not get a token.
import type { TokenRequests } from './guard-orders.ts'

export function createTokenCount() {
  const send = globalThis.fetch
  const failed: Record<string, number> = {}
  let sent = 0

  async function countedFetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const isToken = new URL(input instanceof Request ? input.url : input).pathname.endsWith('/token')
    if (!isToken) return send(input, init)
    sent++
    const note = (why: string) => void (failed[why] = (failed[why] ?? 0) + 1)
    try {
      const response = await send(input, init)
      if (response.status !== 200) note(String(response.status))
      return response
    } catch (error) {
      note('no response')
      throw error
    }
  }
  return { fetch: countedFetch, requests: (): TokenRequests => ({ sent, failed }) }
}

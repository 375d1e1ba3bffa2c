// A consumer with recorded calls: it calls an API as examples/ptv/consumer.ts does, and every token request and call is recorded.
import { createTokenProvider, withBearer, type TokenProvider, type TokenProviderOptions } from '@countersign/client'
import type { DemoSystem } from '@countersign/cli'

export interface WatchedConsumer {
  readonly tokens: TokenProvider
  /** Calls the API; resolves to the status that the caller sees. */
  readonly call: (path: string) => Promise<number>
  /** The issued tokens, in order. */
  readonly issued: string[]
  /** Every response of the API before a repetition, with its token. */
  readonly answers: { readonly status: number; readonly token: string }[]
}

export function createWatchedConsumer(
  { tokenUrl, apiUrl, clients }: DemoSystem,
  options: Pick<TokenProviderOptions, 'clock' | 'random'> = {},
): WatchedConsumer {
  const { clientId, clientSecret } = clients['acme']!
  const issued: string[] = []
  const answers: { status: number; token: string }[] = []

  const tokens = createTokenProvider({
    tokenUrl,
    clientId,
    clientSecret,
    fetch: async (url, init) => {
      const response = await fetch(url, init)
      const { access_token } = (await response.clone().json()) as { access_token: string }
      issued.push(access_token)
      return response
    },
    ...options,
  })
  const watchedFetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    answers.push({ status: response.status, token: new Headers(init?.headers).get('authorization')!.replace('Bearer ', '') })
    return response
  }
  const callApi = withBearer(watchedFetch, tokens, { origins: [new URL(apiUrl).origin] })

  return {
    tokens,
    issued,
    answers,
    async call(path) {
      const response = await callApi(apiUrl + path)
      await response.body?.cancel()
      return response.status
    },
  }
}

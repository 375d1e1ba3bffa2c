// withBearer for the HttpModule of NestJS, which is axios behind HttpService. NestJS is never imported: the service is an argument.
import { attachBearer as attachToAxios, type AxiosConfig, type AxiosInstanceLike, type AxiosResponse } from './axios.ts'
import type { BearerOptions } from './bearer-options.ts'
import type { TokenSource } from './renewal.ts'

/** HttpService of `@nestjs/axios`, 3 or later. */
export interface HttpServiceLike<Config extends AxiosConfig, Response extends AxiosResponse> {
  readonly axiosRef: AxiosInstanceLike<Config, Response>
}

/**
 * Makes an HttpService send a token of `tokens` to the listed origins, as the `attachBearer` of `@countersign/client/axios` does for its
 * instance. Call it once for each HttpModule, in `onModuleInit`: each has an instance of its own. Returns a function that detaches it.
 *
 * @example
 * export class ApiModule implements OnModuleInit {
 *   constructor(private readonly http: HttpService) {}
 *   onModuleInit() {
 *     attachBearer(this.http, tokens, { origins: ['https://api.example.com'] })
 *   }
 * }
 *
 * @throws TypeError for an option that is unknown or invalid.
 */
export function attachBearer<Config extends AxiosConfig, Response extends AxiosResponse>(
  http: HttpServiceLike<Config, Response>,
  tokens: TokenSource,
  options: BearerOptions,
): () => void {
  if (http?.axiosRef === undefined) throw new TypeError('attachBearer: "http" must be the HttpService of @nestjs/axios')
  return attachToAxios(http.axiosRef, tokens, options)
}

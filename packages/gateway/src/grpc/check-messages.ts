// The messages of envoy.service.auth.v3.Authorization/Check, in our own words: only the fields that are read or written here. The numbers are
// those of Envoy's API; protobuf skips fields that are not declared, such as the body of the request.
import { fromJSON, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader'

export interface HeaderValue {
  readonly key?: string
  readonly value?: string
  /** Instead of `value`, with `encode_raw_headers`. */
  readonly rawValue?: Uint8Array
}

export interface CheckRequest {
  readonly attributes?: {
    readonly source?: { readonly address?: { readonly socketAddress?: { readonly address?: string } } }
    readonly request?: {
      readonly http?: {
        readonly method?: string
        /** Path and query, not decoded. */
        readonly path?: string
        /** By lower-case name; a header that was sent several times is joined with commas. */
        readonly headers?: Readonly<Record<string, string>>
        /** Instead of `headers`, with `encode_raw_headers`: a header that was sent several times is there several times. */
        readonly headerMap?: { readonly headers?: readonly HeaderValue[] }
      }
    }
  }
}

export interface HeaderOption {
  readonly header: { readonly key: string; readonly value: string }
  /** False: replaces the header. */
  readonly append: { readonly value: false }
  readonly keepEmptyValue: true
}

export interface CheckResponse {
  /** A code of gRPC: 0 lets the request pass, any other denies it. */
  readonly status: { readonly code: number }
  readonly deniedResponse?: { readonly status: { readonly code: number }; readonly headers: readonly HeaderOption[]; readonly body: string }
  readonly okResponse?: {
    /** For the API. */
    readonly headers: readonly HeaderOption[]
    /** For the caller. */
    readonly responseHeadersToAdd: readonly HeaderOption[]
  }
}

const messages = {
  'envoy.config.core.v3': {
    SocketAddress: fields({ address: [2, 'string'] }),
    Address: fields({ socketAddress: [1, 'SocketAddress'] }),
    HeaderValue: fields({ key: [1, 'string'], value: [2, 'string'], rawValue: [3, 'bytes'] }),
    HeaderMap: fields({ headers: [1, 'HeaderValue', 'repeated'] }),
    // google.protobuf.BoolValue.
    Bool: fields({ value: [1, 'bool'] }),
    HeaderValueOption: fields({ header: [1, 'HeaderValue'], append: [2, 'Bool'], keepEmptyValue: [4, 'bool'] }),
  },
  'envoy.service.auth.v3': {
    Peer: fields({ address: [1, 'envoy.config.core.v3.Address'] }),
    HttpRequest: {
      fields: {
        ...fields({ method: [2, 'string'], path: [4, 'string'], headerMap: [13, 'envoy.config.core.v3.HeaderMap'] }).fields,
        headers: { id: 3, keyType: 'string', type: 'string' },
      },
    },
    Request: fields({ http: [2, 'HttpRequest'] }),
    AttributeContext: fields({ source: [1, 'Peer'], request: [4, 'Request'] }),
    CheckRequest: fields({ attributes: [1, 'AttributeContext'] }),
    // google.rpc.Status and envoy.type.v3.HttpStatus, whose enumeration has the numbers of HTTP.
    Status: fields({ code: [1, 'int32'] }),
    DeniedHttpResponse: fields({
      status: [1, 'Status'],
      headers: [2, 'envoy.config.core.v3.HeaderValueOption', 'repeated'],
      body: [3, 'string'],
    }),
    OkHttpResponse: fields({
      headers: [2, 'envoy.config.core.v3.HeaderValueOption', 'repeated'],
      responseHeadersToAdd: [6, 'envoy.config.core.v3.HeaderValueOption', 'repeated'],
    }),
    CheckResponse: fields({ status: [1, 'Status'], deniedResponse: [2, 'DeniedHttpResponse'], okResponse: [3, 'OkHttpResponse'] }),
    Authorization: { methods: { Check: { requestType: 'CheckRequest', responseType: 'CheckResponse' } } },
  },
}

/** For a server, and for a client in tests. */
export const authorizationService = loadService()

function loadService(): ServiceDefinition & { readonly Check: MethodDefinition<CheckRequest, CheckResponse> } {
  const nested = Object.fromEntries(Object.entries(messages).map(([name, types]) => [name, { nested: types }]))
  const loaded = fromJSON({ nested: nest(nested) } as Parameters<typeof fromJSON>[0], { longs: Number })
  return loaded['envoy.service.auth.v3.Authorization'] as unknown as ReturnType<typeof loadService>
}

/** `{ 'a.b': x }` as `{ a: { nested: { b: x } } }`. */
function nest(packages: Record<string, object>): object {
  const root: Record<string, { nested?: Record<string, object> }> = {}
  for (const [name, content] of Object.entries(packages)) {
    let at: Record<string, { nested?: Record<string, object> }> = root
    const parts = name.split('.')
    for (const part of parts.slice(0, -1)) at = (at[part] ??= { nested: {} }).nested ??= {}
    at[parts.at(-1)!] = content
  }
  return root
}

function fields(all: Record<string, readonly [id: number, type: string, rule?: 'repeated']>) {
  return { fields: Object.fromEntries(Object.entries(all).map(([name, [id, type, rule]]) => [name, { id, type, ...(rule && { rule }) }])) }
}

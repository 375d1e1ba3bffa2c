// The gateway: guards APIs in any language behind a proxy.
export {
  GatewayConfigurationError,
  gatewayJsonSchema,
  loadGatewayConfiguration,
  parseGatewayConfiguration,
  type GatewayConfiguration,
} from './configuration.ts'
export type { AskedRequest, DecideRequest, Decided, GatewayVerdict } from './decide-request.ts'
export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts'
export { GatewayKeyError } from './gateway-keys.ts'
export { OpenFileError } from '@countersign/guard/private-file'
export { findHiddenMethods, type Route } from './route-table.ts'

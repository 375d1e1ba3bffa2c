/** No route has a schema, because each handler checks its own input; so the schema compilers are not even loaded. */
export const withoutSchemas = { compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema } }

function refuseSchema(): never {
  throw new TypeError('Routes of this server have no schema')
}

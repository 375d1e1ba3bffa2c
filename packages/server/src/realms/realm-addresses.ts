// Where a realm is: at the path of its issuer, and at its aliases, which have everything that the issuer has.

/** One of the places of a realm. */
export interface RealmAddress {
  /** '' for the root of the server. */
  readonly path: string
  /** Of its documents and links: at an alias too, the origin is that of the issuer. */
  readonly url: string
  readonly tokenPath: string
  readonly tokenUrl: string
}

export interface PlacedRealm {
  readonly origin: string
  readonly issuerPath: string
  readonly tokenPath: string
  readonly aliases: readonly string[]
}

/** The address of the issuer first. */
export function addressesOf({ origin, issuerPath, tokenPath, aliases }: PlacedRealm): readonly [RealmAddress, ...RealmAddress[]] {
  const addressAt = (path: string, token: string): RealmAddress => ({
    path,
    url: origin + path,
    tokenPath: token,
    tokenUrl: origin + token,
  })
  const atAliases = aliases.map((alias) => addressAt(alias, alias + tokenPath.slice(issuerPath.length)))
  return [addressAt(issuerPath, tokenPath), ...atAliases]
}

/** Otherwise the realm has no aliases, because they could not have its token endpoint. */
export function isBelow(path: string, issuerPath: string): boolean {
  return path.startsWith(`${issuerPath}/`)
}

// Keycloak runs mappers of one priority in the order of a `java.util.HashSet` of their ids, so that the last one of two that write the same
// claim is decided by its id, and by how many mappers there are.

/** The bucket of an id among all ids of a set. Those in one bucket are in an order that the ids do not tell. */
export function createHashOrder(ids: readonly string[]): (id: string) => number {
  // The table starts with 16 buckets and doubles when it is filled to more than three quarters.
  let buckets = 16
  while (ids.length > buckets * 0.75) buckets *= 2
  return (id) => {
    const hash = hashCode(id)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
}

/** `String.hashCode()` of Java. */
function hashCode(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0
  return hash
}

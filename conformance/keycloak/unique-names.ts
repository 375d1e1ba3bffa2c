/** Gives out names of lower-case letters, digits and "-", such as slugs: the same wish twice gets a number at its end. */
export function createUniqueNames(): (wish: string) => string {
  const taken = new Set<string>()
  return (wish) => {
    const name = slugOf(wish)
    let free = name
    for (let number = 2; taken.has(free); number++) free = `${name}-${number}`
    taken.add(free)
    return free
  }
}

export function slugOf(text: string): string {
  const slug = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return slug.replace(/^-+/, '').slice(0, 55) || 'x'
}

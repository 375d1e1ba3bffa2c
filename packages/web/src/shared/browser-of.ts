// A user agent in two words: what it says of itself is long, and says "Mozilla" and "Safari" for nearly every browser.

const browsers = [
  [/\bEdg(?:e|A|iOS)?\/(\d+)/, 'Edge'],
  [/\bOPR\/(\d+)/, 'Opera'],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, 'Firefox'],
  [/\b(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+)\S* .*Safari\//, 'Safari'],
] as const

const systems = [
  [/\b(?:iPhone|iPad)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
] as const

/** "Firefox 145, Linux"; the user agent itself if it is none of a browser that is known. */
export function browserOf(userAgent: string): string {
  const found = browsers.find(([pattern]) => pattern.test(userAgent))
  if (!found) return userAgent
  const [pattern, name] = found
  const version = pattern.exec(userAgent)?.[1] ?? ''
  const system = systems.find(([one]) => one.test(userAgent))?.[1]
  return `${name} ${version}${system === undefined ? '' : `, ${system}`}`
}

// 200 texts that would do something if a page took them for more than text: run, open a dialog, turn the line around, break a table.

/** Each sets a mark that {@link markName} names, if it runs. */
export const markName = 'hostileTextRan'
const run = `globalThis.${markName}=1`

const payloads: readonly string[] = [
  `<img src=x onerror=${run}>`,
  `<img/src=x/onerror=${run}>`,
  `<svg/onload=${run}>`,
  `<svg><script>${run}</script></svg>`,
  `<script>${run}</script>`,
  `</script><script>${run}</script>`,
  `</title><script>${run}</script>`,
  `</textarea><img src=x onerror=${run}>`,
  `--><script>${run}</script>`,
  `<iframe srcdoc="<script>parent.${run}</script>">`,
  `<a href="javascript:${run}" autofocus>x</a>`,
  `<body onfocus=${run} autofocus>`,
  `<details open ontoggle=${run}>`,
  `<form action=javascript:${run}><button>`,
  `<style>*{display:none}</style>`,
  `<link rel=stylesheet href=//example.invalid/x.css>`,
  `<meta http-equiv=refresh content="0;url=//example.invalid">`,
  `<base href=//example.invalid/>`,
  `javascript:${run}`,
  `data:text/html,<script>${run}</script>`,
  `\${${run}}`,
  `{{constructor.constructor('${run}')()}}`,
  `';${run};//`,
  `=cmd|'/c calc'!A1`,
  `@SUM(1+1)*cmd|'/c calc'!A1`,
]

/** What stands around a payload: quotes, characters that turn the direction, break the line or are not seen, and very long words. */
const frames: readonly ((payload: string) => string)[] = [
  (payload) => payload,
  (payload) => `">${payload}`,
  (payload) => `'"\`${payload}`,
  (payload) => `\u202E${payload}`,
  (payload) => `a\u2028b\u2029${payload}`,
  (payload) => `\u200B\u2066${payload}\uFEFF`,
  (payload) => `&lt;${payload}&#x3c;`,
  (payload) => `${'W'.repeat(4000)}${payload}`,
]

export const hostileTexts: readonly string[] = frames.flatMap((frame) => payloads.map(frame))

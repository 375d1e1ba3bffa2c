// Written by scripts/generate.ts from packages/web/src/shared/tokens.css
// and packages/web/src/shared/base.css
// and packages/web/src/shared/server-pages.css: change these.
export const pageStyle = `
:root{color-scheme:light dark;--ground:light-dark(#f6f7f9,#0e1319);--paper:light-dark(#ffffff,#151b23);--flat:light-dark(#edf0f3,#232c37);--line:light-dark(#dfe3e8,#2a3440);--control:light-dark(#848d99,#6c7988);--ink:light-dark(#16202b,#e7ecf2);--soft:light-dark(#55606e,#a3afbd);--accent:light-dark(#0b5cad,#7bb6f6);--on-accent:light-dark(#ffffff,#07182a);--accent-tint:light-dark(#e7f0fa,#142c46);--ok:light-dark(#176a3a,#71d39b);--ok-tint:light-dark(#e6f4ec,#12301f);--warn:light-dark(#855000,#f1bb5f);--warn-tint:light-dark(#fcf0da,#33270d);--bad:light-dark(#b3261e,#ff9189);--bad-tint:light-dark(#fcebe9,#3a1a18);--old:light-dark(#7d8794,#7c8896);--refused:light-dark(#b35c00,#e59a3c);--mono:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;--sans:system-ui,-apple-system,"Segoe UI","Liberation Sans",sans-serif;--target:32px}
[data-theme="light"]{color-scheme:light}
[data-theme="dark"]{color-scheme:dark}
*{box-sizing:border-box}
[hidden]{display:none !important}
body{margin:0;background:var(--ground);color:var(--ink);font:14px/1.45 var(--sans);font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
a{color:var(--accent);text-underline-offset:2px;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
code,.mono{font-family:var(--mono);font-size:0.9em}
h1{font-size:20px;line-height:1.25;margin:0;font-weight:650;letter-spacing:-0.01em}
h2{font-size:14px;margin:0;font-weight:650}
h3{font-size:13px;margin:0;font-weight:600}
p{margin:0}
.soft{color:var(--soft)}
.small{font-size:12.5px}
pre{margin:0;font:12.5px/1.5 var(--mono);background:var(--flat);border-radius:8px;padding:10px 12px;overflow-x:auto}
pre code{font:inherit}
.brand{display:flex;align-items:center;gap:8px;font-weight:650}
.brand > svg{width:20px;height:20px;color:var(--accent)}
.card{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:14px 16px;min-width:0}
.chip{display:inline-flex;align-items:center;gap:5px;font-size:12px;font-weight:600;border:1px solid transparent;border-radius:999px;padding:0 8px 0 6px;background:var(--flat);color:var(--soft);white-space:nowrap}
.chip::before{content:'';width:7px;height:7px;border-radius:50%;background:currentColor;flex:none}
.chip.ok{background:var(--ok-tint);color:var(--ok)}
.chip.warn{background:var(--warn-tint);color:var(--warn)}
.chip.bad{background:var(--bad-tint);color:var(--bad)}
.chip.go{background:var(--accent-tint);color:var(--accent)}
.chip.warn::before{border-radius:0;clip-path:polygon(50% 0,100% 100%,0 100%)}
.chip.bad::before{border-radius:1px;transform:rotate(45deg)}
.chip.off::before{background:none;border:1.5px solid currentColor}
.callout{border-radius:8px;padding:11px 14px;background:var(--accent-tint);border-left:3px solid var(--accent)}
.callout.warn{background:var(--warn-tint);border-color:var(--warn)}
.callout.ok{background:var(--ok-tint);border-color:var(--ok)}
.callout.bad{background:var(--bad-tint);border-color:var(--bad)}
button,.button,input,select,textarea{font:inherit;min-height:var(--target);padding:4px 12px;border:1px solid var(--control);border-radius:6px;background:var(--paper);color:var(--ink)}
button,.button{font-weight:550;text-decoration:none;display:inline-flex;align-items:center;gap:6px;cursor:pointer}
input,select,textarea{padding-inline:9px;max-width:100%}
textarea{field-sizing:content;width:100%;min-height:56px;max-height:40vh}
.primary{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.danger{color:var(--bad)}
button:disabled,[aria-disabled='true'],.primary:is(:disabled,[aria-disabled='true']):hover{background:var(--flat);color:var(--soft);border-color:var(--line);cursor:default}
@media (max-width:860px){:root{--target:44px}input,select,textarea{font-size:16px}}
@media (prefers-reduced-motion:no-preference){a,button,.button{transition:background-color 120ms,color 120ms,border-color 120ms}}
@media (forced-colors:active){.chip::before{forced-color-adjust:none;background:CanvasText}.callout,pre{border:1px solid CanvasText}.primary{border-width:2px}}
body{font-size:15px;overflow-wrap:anywhere}
.bar{background:var(--paper);border-bottom:1px solid var(--line)}
.bar > div{max-width:808px;margin:0 auto;padding:0 24px;display:flex;gap:4px 16px;align-items:center;justify-content:space-between}
.bar a,.bar .brand{color:var(--ink);text-decoration:none;display:flex;align-items:center;min-height:max(44px,var(--target))}
.bar nav{display:flex;gap:4px}
.bar nav a{padding:0 10px;border-radius:6px}
.bar nav a:hover{background:var(--flat)}
.bar nav a[aria-current]{color:var(--accent);font-weight:600}
main{max-width:808px;margin:0 auto;padding:24px 24px 48px;display:grid;grid-template-columns:minmax(0,1fr);gap:16px}
.crumbs{font-size:12.5px;color:var(--soft);margin-bottom:-12px}
.crumbs a{color:inherit;display:inline-flex;align-items:center;min-height:24px}
h1{font-size:24px}
h2{font-size:17px;line-height:1.35}
h3{font-size:15px}
main > h2{margin-top:8px}
.lead{color:var(--soft);max-width:68ch}
.facts{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center}
.card{display:grid;grid-template-columns:minmax(0,1fr);gap:8px;align-content:start}
.card > .rows{margin:-4px 0 -8px}
.card > .rows:only-child{margin:-8px 0}
.card > h2,.card > h3{font-size:15px}
.trio{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(min(220px,100%),1fr))}
ul,ol{margin:0;padding-left:20px}
pre{white-space:pre-wrap}
.rows{list-style:none;padding:0}
.rows li:not([hidden]) ~ li{border-top:1px solid var(--line)}
.rows a{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 16px;align-items:center;min-height:44px;padding:8px;margin:0 -8px;border-radius:6px;color:inherit;text-decoration:none}
.rows a:hover{background:var(--flat)}
.rows b{font-weight:500;color:var(--accent);text-decoration:underline 1px;text-underline-offset:2px}
.rows small{font-size:12.5px;color:var(--soft);text-align:right}
.rows.coded a{grid-template-columns:34px minmax(0,1fr) auto}
.status{font:600 12.5px var(--mono);color:var(--warn)}
.status.s5{color:var(--bad)}
.count{color:var(--soft);font-weight:400}
.surface{display:grid;gap:12px}
.surface + .surface{margin-top:12px}
.causes,.fixers{list-style:none;padding:0;display:grid;gap:14px}
.causes > li + li,.fixers > li + li{border-top:1px solid var(--line);padding-top:14px}
.causes > li,.fixers > li{display:grid;grid-template-columns:minmax(0,1fr);gap:4px}
.causes p b{font-weight:400;color:var(--soft)}
.fixers pre + p{margin-top:8px}
.word{white-space:nowrap}
.search{display:grid;gap:4px}
.search label{font-weight:600}
.search input{width:100%;min-height:44px}
@media (max-width:860px){.bar > div{padding:0 14px}main{padding:16px 14px 32px}.crumbs a{min-height:44px}.crumbs{margin:-12px 0}.rows a,.rows.coded a{grid-template-columns:minmax(0,1fr)}.rows small{text-align:left}.rows.coded a{grid-template-columns:34px minmax(0,1fr)}.rows.coded small{grid-column:2}}
`

// The gateway: guards APIs in any language behind a proxy.
export {}

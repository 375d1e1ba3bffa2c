// nginx in front of a file, once with auth_request and once without: one process, started for the measurement.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { usageOfFamily } from '../peers/process-usage.ts'

export interface Nginx {
  readonly port: number
  cpuSeconds(): number
  stop(): Promise<void>
}

/** As Debian installs it. */
export const nginxProgram = '/usr/sbin/nginx'

/** Requests below `/alone` are not guarded. */
export async function startNginx(gatewayPort: number, port: number): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-nginx-'))
  mkdirSync(join(folder, 'files'))
  writeFileSync(join(folder, 'files', 'answer'), 'ok')
  writeFileSync(join(folder, 'nginx.conf'), configurationOf(folder, gatewayPort, port))
  const child = spawn(nginxProgram, ['-p', folder, '-c', 'nginx.conf'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  child.on('error', (error) => (complaints += error.message))
  for (let attempts = 0; !(await accepts(port)); attempts++) {
    if (attempts > 100 || child.exitCode !== null) throw new Error(`nginx did not start: ${complaints}`)
    await pause(50)
  }
  return {
    port,
    cpuSeconds: () => usageOfFamily(child.pid!).cpuSeconds,
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const found = await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)))
  socket.destroy()
  return found
}

function configurationOf(folder: string, gatewayPort: number, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  ${temporary}
  upstream gateway { server 127.0.0.1:${gatewayPort}; keepalive 32; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    root ${folder}/files;
    location / {
      auth_request /_countersign;
      auth_request_set $auth_client_id $upstream_http_x_auth_client_id;
      auth_request_set $auth_organization $upstream_http_x_auth_organization;
      auth_request_set $auth_scope $upstream_http_x_auth_scope;
      add_header X-Seen-Client $auth_client_id;
      try_files /answer =404;
    }
    location /alone { try_files /answer =404; }
    location = /_countersign {
      internal;
      proxy_pass http://gateway/forward-auth;
      proxy_http_version 1.1;
      proxy_pass_request_body off;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
      proxy_set_header X-Forwarded-Method $request_method;
      proxy_set_header X-Forwarded-Uri $request_uri;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`
}

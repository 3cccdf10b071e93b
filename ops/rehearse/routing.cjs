// Routes what a Node process calls to a fake cloud on this machine, and refuses everything else.
//
// `node --require` loads it before the program, in worker threads too. REHEARSAL_ROUTES is JSON:
//
//   hosts    names that the fake cloud answers to, exact or `*.` and the rest (one label more)
//   ports    from the port that a client asks for to the port on this machine, which is TLS too
//   report   a file that gets a line for each name once: `routed NAME` or `refused NAME`
//
// No line has a path, a header or a query, so none has a token. Without a valid REHEARSAL_ROUTES
// the process ends: it must not reach anything by mistake.
"use strict";

const childProcess = require("child_process");
const dgram = require("dgram");
const dns = require("dns");
const fs = require("fs");
const net = require("net");
const path = require("path");

const LOOPBACK = "127.0.0.1";
const LONGEST = 253; // characters of a name

const routes = JSON.parse(process.env.REHEARSAL_ROUTES);
if (!Array.isArray(routes.hosts) || typeof routes.ports !== "object" || !routes.report) {
  throw new Error("REHEARSAL_ROUTES must have hosts, ports and report");
}
const inherited = {
  NODE_OPTIONS: process.env.NODE_OPTIONS,
  NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
  REHEARSAL_ROUTES: process.env.REHEARSAL_ROUTES,
};
const reported = new Set();

function report(verb, name) {
  const safe = String(name).toLowerCase().replace(/[^a-z0-9.:_-]/g, "?").slice(0, LONGEST);
  const line = `${verb} ${safe}`;
  if (reported.has(line)) return;
  reported.add(line);
  fs.appendFileSync(routes.report, `${line}\n`);
}

class Refused extends Error {
  constructor(name) {
    report("refused", name);
    super(`the rehearsal refuses ${String(name).slice(0, LONGEST)}: it is not a host of the fake cloud`);
    this.code = "EREHEARSAL";
  }
}

function isKnown(name) {
  const host = name.toLowerCase();
  const dot = host.indexOf(".");
  const wild = dot > 0 ? `*${host.slice(dot)}` : "";
  return routes.hosts.some((known) => known === host || known === wild);
}

// The port on this machine for a host and its port; undefined if the connection is refused.
function target(host, port) {
  if (!isKnown(host)) return undefined;
  return Object.hasOwn(routes.ports, port) ? routes.ports[port] : undefined;
}

// Every client of Node ends here: http, https, tls, http2, fetch and WebSocket.
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [options, callback] = Array.isArray(given[0]) ? given[0] : net._normalizeArgs(given);
  // As Node itself does: a path that is empty or null is none.
  const host = options.path ? "local-socket" : String(options.host || "localhost");
  const to = target(host, String(options.port));
  if (to === undefined) {
    const refusal = new Refused(isKnown(host) ? `${host}:${options.port}` : host);
    process.nextTick(() => this.destroy(refusal));
    return this;
  }
  report("routed", host);
  return connect.call(
    this,
    { ...options, host: LOOPBACK, port: to, family: 4, autoSelectFamily: false, lookup: undefined },
    callback,
  );
};

// A name that is looked up leaves this machine too, even if nothing connects to it afterwards.
function refuseLookup(owner, name) {
  if (typeof owner[name] !== "function") return;
  owner[name] = (host, ...rest) => {
    const refusal = new Refused(host);
    const callback = rest.findLast((one) => typeof one === "function");
    if (callback === undefined) return Promise.reject(refusal);
    process.nextTick(callback, refusal);
    return {};
  };
}
const asked = (name) => /^(lookup|lookupService|resolve.*|reverse)$/.test(name);
for (const owner of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  const names = new Set([...Object.keys(owner), ...Object.getOwnPropertyNames(owner)]);
  const parent = Object.getPrototypeOf(owner);
  if (parent !== Object.prototype && parent) {
    for (const name of Object.getOwnPropertyNames(parent)) names.add(name);
  }
  for (const name of names) if (asked(name)) refuseLookup(owner, name);
}

for (const name of ["send", "connect"]) {
  dgram.Socket.prototype[name] = () => {
    throw new Refused("udp");
  };
}

// Only Node programs have this file; any other program would find the way out.
function checkProgram(file) {
  const program = path.basename(String(file)).replace(/\.exe$/i, "");
  if (program !== "node" && String(file) !== process.execPath) throw new Refused(`program-${program}`);
}
const spawn = childProcess.ChildProcess.prototype.spawn;
childProcess.ChildProcess.prototype.spawn = function (options) {
  checkProgram(options.file);
  const pairs = (options.envPairs || []).filter((pair) => !(pair.split("=")[0] in inherited));
  for (const [name, value] of Object.entries(inherited)) if (value) pairs.push(`${name}=${value}`);
  return spawn.call(this, { ...options, envPairs: pairs });
};
for (const name of ["spawnSync", "execFileSync", "execSync"]) {
  childProcess[name] = (file) => {
    throw new Refused(`program-${path.basename(String(file).split(" ")[0])}`);
  };
}

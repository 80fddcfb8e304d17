import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { runChild } from "./child.mjs";
import { step, Stop } from "./say.mjs";

const howTo =
  "Install Redis 7 or newer (apt-get install redis-server, apk add redis, dnf install redis, brew install redis) and run this again.";

// Where package managers put programs that may not be on PATH.
const usualFolders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin"];

/** Commands per package manager; all run without a question. */
const managers = [
  {
    name: "apt-get",
    commands: [
      ["apt-get", "update"],
      ["apt-get", "install", "-y", "--no-install-recommends", "redis-server"],
    ],
    root: true,
  },
  { name: "apk", commands: [["apk", "add", "--no-cache", "redis"]], root: true },
  { name: "dnf", commands: [["dnf", "install", "-y", "redis"]], root: true },
  { name: "yum", commands: [["yum", "install", "-y", "redis"]], root: true },
  { name: "brew", commands: [["brew", "install", "redis"]], root: false },
];

function find(program, folders) {
  for (const folder of folders) {
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return { file, folder };
    } catch {
      continue; // not in this folder
    }
  }
  return undefined;
}

const pathFolders = () => (process.env.PATH ?? "").split(delimiter).filter(Boolean);

/** `[]` as root, `["sudo", "-n"]` where that needs no password, else undefined. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  try {
    execFileSync("sudo", ["-n", "true"], { stdio: "ignore" });
    return ["sudo", "-n"];
  } catch {
    return undefined;
  }
}

async function install() {
  const manager = managers.find(({ name }) => find(name, pathFolders()));
  if (!manager) throw new Stop(`redis-server is not on PATH, and no package manager known to this script is here. ${howTo}`);
  const prefix = manager.root ? rootPrefix() : [];
  if (!prefix) throw new Stop(`redis-server is not on PATH, and installing it with ${manager.name} needs root. ${howTo}`);
  const env = ["env", "DEBIAN_FRONTEND=noninteractive", "HOMEBREW_NO_AUTO_UPDATE=1", "NONINTERACTIVE=1"];
  for (const command of manager.commands) {
    const [program, ...args] = [...prefix, ...env, ...command];
    const code = await step(`running ${command.join(" ")}`, () => runChild(program, args, { stdout: "stderr" }));
    if (code !== 0) throw new Stop(`"${command.join(" ")}" failed (see above). ${howTo}`);
  }
}

/**
 * Makes sure that redis-server (7.0 or newer) is on this process's PATH, installing it where that takes no question.
 * @throws Stop, saying what to install.
 */
export async function ensureRedisServer() {
  const look = () => find("redis-server", [...pathFolders(), ...usualFolders]);
  if (!look()) await install();
  const found = look();
  if (!found) throw new Stop(`redis-server was installed but is not found. ${howTo}`);
  const version = execFileSync(found.file, ["--version"], { encoding: "utf8" });
  const major = Number(/v=(\d+)/.exec(version)?.[1]);
  if (major < 7) throw new Stop(`${found.file} is too old (${version.trim()}). ${howTo}`);
  if (!pathFolders().includes(found.folder)) process.env.PATH = [...pathFolders(), found.folder].join(delimiter);
}

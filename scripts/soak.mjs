// soak.mjs FOLDER FILE: reads what scripts/soak.sh has left in the folder, and writes the figures below the mark in the file.
// Exit code 1 if a run was bad.
import { readdirSync, readFileSync, existsSync, writeFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cpus, totalmem, release, platform } from "node:os";

const [folder, file] = process.argv.slice(2);
const mark = "<!-- Below: written by scripts/soak.sh. -->";
const text = (path) => (existsSync(path) ? readFileSync(path, "utf8").trim() : "");
const round = (n) => (typeof n === "number" ? n.toFixed(1) : "");
const total = (list, f) => (list ?? []).reduce((n, x) => n + (f(x) ?? 0), 0);

// one drill as a line of figures.
function drill(name) {
  const dir = join(folder, "drills", name);
  const exit = text(join(dir, "exit"));
  const line = { name, exit, wall: text(join(dir, "wall")) };
  let doc;
  try {
    doc = JSON.parse(text(join(dir, "report.json")));
  } catch {
    return { ...line, outcome: "no report" };
  }
  const invariants = Object.fromEntries((doc.invariants ?? []).map((i) => [i.name, i.violations]));
  const steps = (doc.runs ?? []).flatMap((r) => r.steps ?? []);
  return {
    ...line,
    outcome: doc.expect_met && doc.outcome !== "passed" ? `${doc.outcome}, as expected` : doc.outcome,
    duration: doc.duration,
    outage: Math.max(0, ...(doc.outages ?? []).filter((o) => o.run !== "failback").map((o) => o.seconds)),
    back: Math.max(0, ...(doc.outages ?? []).filter((o) => o.run === "failback").map((o) => o.seconds)),
    acknowledged: total(doc.databases, (d) => d.acknowledged),
    lost: total(doc.databases, (d) => d.lost),
    calls: `${doc.calls?.answered ?? 0} of ${doc.calls?.placed ?? 0}`,
    after: doc.calls?.lost_after_service ?? 0,
    twice: invariants["effect-twice"],
    violations: total(doc.invariants, (i) => i.violations),
    meant: doc.expect_met === true && /^violation/.test(doc.expect ?? ""), // a scenario that shows what an override does
    disagree: steps.filter((s) => s.state === "done" && s.agrees !== true).length,
    overhead: total(doc.runs, (r) => r.overhead),
  };
}

const good = (d) => d.exit === "0" && (d.violations === 0 || d.meant);

function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((r) => `| ${r.join(" | ")} |`).join("\n");
}

function drills(list) {
  return table(
    ["drill", "exit", "outcome", "seconds", "outage", "outage at failback", "messages", "lost", "calls answered", "lost after service", "effect twice", "violations", "steps that differ"],
    list.map((d) => [d.name, d.exit, d.outcome, round(d.duration) || d.wall, round(d.outage), round(d.back), d.acknowledged ?? "", d.lost ?? "", d.calls ?? "", d.after ?? "", d.twice ?? "", d.violations ?? "", d.disagree ?? ""]),
  );
}

// spread is the smallest, the middle and the largest of a figure over drills that are alike.
function spread(list, of) {
  const s = list.map(of).filter((n) => typeof n === "number").sort((a, b) => a - b);
  return s.length ? [round(s[0]), round(s[Math.floor(s.length / 2)]), round(s[s.length - 1])] : ["", "", ""];
}

const dir = join(folder, "drills");
const names = existsSync(dir) ? readdirSync(dir).filter((n) => existsSync(join(dir, n, "exit"))).sort() : [];
const all = names.map(drill);
const row = all.filter((d) => /^site-loss-\d+$/.test(d.name));
const fuzz = text(join(folder, "fuzz", "lines")).split("\n").filter(Boolean).map((l) => l.match(/^fuzz (\S+) (\S+) (.*)$/)).filter(Boolean).map((m) => m.slice(1));
const um = text(join(folder, "um", "lines"));
const umExit = text(join(folder, "um", "exit"));
const mutants = text(join(folder, "mutants"));
const designs = text(join(folder, "designs"));
const failed = (part) => (text(join(folder, `${part}.exit`)) || "0") !== "0";
const bad = [...["mutants", "designs"].filter(failed), ...(umExit && umExit !== "0" ? ["um"] : []), ...all.filter((d) => !good(d)).map((d) => d.name), ...fuzz.filter((f) => f[1] !== "good").map((f) => f[0])];

const out = [mark, ""];
out.push(`Commit ${process.env.COMMIT}, program ${process.env.PROGRAM}, ${new Date().toISOString().slice(0, 10)}. Machine: ${cpus().length} x ${cpus()[0]?.model?.trim() ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()}.`, "");
out.push(bad.length ? `**Bad: ${bad.join(", ")}.**` : `${all.length} drills and ${fuzz.length} fuzz targets, all good.`, "");
if (row.length) {
  out.push(`## ${row.length} drills in a row, ${row.filter(good).length} good`, "");
  out.push(table(["", "least", "middle", "most"], [
    ["seconds", ...spread(row, (d) => d.duration)],
    ["outage, s", ...spread(row, (d) => d.outage)],
    ["outage at failback, s", ...spread(row, (d) => d.back)],
    ["between steps, s", ...spread(row, (d) => d.overhead)],
    ["messages lost", ...spread(row, (d) => d.lost)],
  ]), "");
}
if (all.length) out.push("## Every drill", "", drills(all), "");
if (um) out.push("## The UM redirector under load", "", "```", um, "```", "");
if (designs) out.push("## A switchover and a failback of random designs", "", "```", designs, "```", "");
if (mutants) out.push("## Rules made wrong, one at a time", "", "```", mutants, "```", "");
if (fuzz.length) out.push("## Fuzzing", "", table(["target", "verdict", "figures"], fuzz), "");

const before = existsSync(file) && statSync(file).size ? readFileSync(file, "utf8") : "";
const head = before.includes(mark) ? before.slice(0, before.indexOf(mark)) : before + (before ? "\n" : "");
writeFileSync(file, head + out.join("\n").trimEnd() + "\n");
console.log(`soak: ${file}: ${bad.length ? "bad: " + bad.join(", ") : "all good"}`);
process.exitCode = bad.length ? 1 : 0;

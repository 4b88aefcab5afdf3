import process from "node:process";
import { AnswerCheck } from "./model/check-answers.ts";
import { checkDamage, type Damage } from "./model/check-damage.ts";
import { checkLeftovers } from "./model/check-leftovers.ts";
import { checkMemos } from "./model/check-memos.ts";
import { RunAnswerCheck } from "./model/check-run-answers.ts";
import { RunCheck } from "./model/check-runs.ts";
import { checkReaders, walkWithSights } from "./model/check-sights.ts";
import { checkSignals } from "./model/check-signals.ts";
import { checkSwept } from "./model/check-swept.ts";
import { type History, readHistory } from "./model/history.ts";
import { RunLives } from "./model/run-lives.ts";
import { Visibility } from "./model/timeline.ts";
import { Walker } from "./model/walker.ts";
import type { Plan } from "./plan/plan.ts";
import { finish } from "./world/finale.ts";
import { Stage } from "./world/stage.ts";

/** What was played, and found to be right. */
export interface Played {
  readonly stage: Stage;
  readonly history: History;
  readonly walker: Walker;
  readonly lives: RunLives;
  readonly damage: Damage;
}

/** Every so many seeds the last owner also waits until what is kept for a time is gone. */
const LONG_EVERY = 4;

/** And so many, one object of the store that is left is damaged. */
const DAMAGE_EVERY = 3;

/** Plays a plan, and holds everything that happened against the model. @throws Violation, and whatever is not caught */
export async function runPlan(plan: Plan): Promise<Played> {
  const stage = new Stage(plan);
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  try {
    await stage.play();
    await finish(stage, isLong(plan));
    const played = await check(stage, plan);
    for (const reason of unhandled) throw reason;
    return played;
  } finally {
    for (const owner of stage.owners) owner.stop();
    process.off("unhandledRejection", onUnhandled);
  }
}

function isLong({ seed }: Plan): boolean {
  return seed % LONG_EVERY === 0;
}

async function check(stage: Stage, plan: Plan): Promise<Played> {
  const { world, owners, readers } = stage;
  for (const { failure } of [...owners, ...readers]) if (failure !== undefined) throw failure;
  for (const failure of stage.failures) throw failure;
  const { settings } = plan;
  const { journal } = world;
  const history = readHistory(world.archive);
  const walker = new Walker(world, settings);
  walkWithSights(walker, history, [...stage.sights, ...readers.flatMap(({ sights }) => sights)]);
  const visibility = new Visibility(walker.groups);
  new AnswerCheck(walker, visibility, history).check(journal);
  checkReaders(readers, walker);
  const lives = new RunLives(walker.groups, journal.invocations);
  new RunCheck(lives, walker.groups, journal.invocations, settings).check();
  new RunAnswerCheck(lives.all, visibility, history, settings).check(journal);
  checkSignals(journal, lives);
  checkMemos(journal.invocations, lives);
  await checkLeftovers(stage, walker);
  if (isLong(plan)) await checkSwept(world.archive, lives, walker.state, settings);
  const isDamaged = plan.seed % DAMAGE_EVERY === 0;
  const damage = isDamaged ? await checkDamage(plan, world) : "none";
  return { stage, history, walker, lives, damage };
}

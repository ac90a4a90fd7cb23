import type { Signal } from "@preact/signals";

import { doing, since } from "../floor/doing.ts";
import { pageAt } from "../floor/layout.ts";
import type { Agent } from "../floor/shapes.ts";
import { board } from "./board.ts";
import { Elapsed } from "./elapsed.tsx";
import { PageNumber } from "./page_number.tsx";
import { Rings, urgencyOf } from "./rings.tsx";

export function Agents() {
  const { agentColumns, agentRows, cardHeight } = board.layout.value;
  const texts = board.texts.value;
  const agents = board.loggedIn.value;
  const { shown, page, pages } = pageAt(agents, agentColumns * agentRows, board.turn.value);
  return (
    <section class="agents" style={{ "--row": cardHeight, "--columns": agentColumns }}>
      <div class="head">
        {texts.agents} <span class="aside">{texts.loggedIn(agents.length, board.floor.agents.value.length)}</span>{" "}
        <PageNumber page={page} pages={pages} />
      </div>
      {agents.length === 0 ? <p class="empty">{texts.nobody}</p> : null}
      <div class="cards">
        {shown.map((agent) => (
          <Card key={agent.value.id} agent={agent} />
        ))}
      </div>
    </section>
  );
}

function Card({ agent: thing }: { agent: Signal<Agent> }) {
  const agent = thing.value;
  const does = doing(agent);
  const ringing = agent.ringing_at ?? null;
  return (
    <div class={`card ${does} ${urgencyOf(ringing)}`} data-agent={agent.id}>
      <span class="name long">{agent.name}</span>
      <Elapsed since={since(agent)} />
      <span class="doing long">
        {board.texts.value.doing[does] ?? does}
        {does === "paused" && agent.pause_code ? <span class="reason"> {agent.pause_code}</span> : null}
      </span>
      {ringing === null ? null : <Rings since={ringing} />}
    </div>
  );
}

import { render } from "preact";

import { Agents } from "./agents.tsx";
import { Alerts } from "./alerts.tsx";
import { board } from "./board.ts";
import { Curtain, DeadMansCurtain } from "./curtain.tsx";
import { Gate } from "./gate.tsx";
import { Header } from "./header.tsx";
import { Queues } from "./queues.tsx";
import "../style/dark.css";
import "./style.css";
import { reloadOnFailure } from "./version.ts";

function Wallboard() {
  const standing = board.standing.value;
  if (standing.is === "asking") return <Gate refusal={standing.refusal} />;
  return (
    <>
      <main class={standing.is}>
        <Header />
        <Alerts />
        {board.floor.site.value === null || !board.showsQueues.value ? null : <Queues />}
        {board.floor.agents.value.length === 0 ? null : <Agents />}
      </main>
      <Curtain />
      {standing.is === "fresh" ? <DeadMansCurtain /> : null}
    </>
  );
}

document.documentElement.lang = board.language.value;
reloadOnFailure(() => board.fail());
board.start();
render(<Wallboard />, document.body);

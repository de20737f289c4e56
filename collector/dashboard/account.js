/** Who is logged in, and the way out; nothing where nobody has to say who they are. */

import { read } from "./api.js";
import { byId, isolated, make } from "./elements.js";

let tell;
const told = new Promise((resolve) => {
  tell = resolve;
});
let isAsked = false; // asked and answered, or the answer is on its way

/** Who is asking, as the API has it, once it has said so; name and role are null where nobody has to say who they are. */
export const whoIsAsking = () => told;

function show(me) {
  if (me.name === null) {
    return;
  }
  document.querySelector(".pages [data-page=data]").hidden = !me.shows_persons;
  if (me.role === "admin") {
    document.querySelector(".pages").append(make("a", { href: "/dashboard/admin" }, "Admin"));
  }
  const leave = make("form", { method: "post", action: "/logout" }, make("button", { class: "tool" }, "Log out"));
  byId("account").replaceChildren(make("span", {}, isolated(me.name), make("span", { class: "quiet" }, ` ${me.role}`)), leave);
}

/** Fills the place in the bar on top, once a page; called again and again, for the answer may not come at first. */
export async function showAccount() {
  if (isAsked) {
    return;
  }
  isAsked = true;
  const me = await read("/api/me/").catch(() => null);
  if (me === null) {
    isAsked = false;
    return;
  }
  tell(me);
  show(me);
}

/** Who is logged in, and the way out; nothing where nobody has to say who they are. */

import { read } from "./api.js";
import { byId, isolated, make } from "./elements.js";

let answer = null;

/** Who is asking, as the API has it, read once a page; without an answer nobody in particular. */
export const whoIsAsking = () => (answer ??= read("/api/me/").catch(() => ({ name: null, role: null })));

/** Fills the place in the bar on top. */
export async function showAccount() {
  const me = await whoIsAsking();
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

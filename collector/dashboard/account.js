/** Who is logged in, and the way out; nothing where nobody has to say who they are. */

import { read } from "./api.js";
import { byId, isolated, make } from "./elements.js";

/** Fills the place in the bar on top. */
export async function showAccount() {
  const me = await read("/api/me/").catch(() => ({ name: null }));
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

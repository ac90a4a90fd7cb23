import type { Doing, Group } from "../floor/doing.ts";
import type { Language } from "./language.ts";

/** Every word that the wallboard shows. Words are those of the glossary. */
export interface Texts {
  readonly queue: string;
  readonly waiting: string;
  readonly longestWait: string;
  /** With its target, such as 80/20; it is empty while it is not known. */
  readonly serviceLevel: (target: string) => string;
  readonly ring: (number: number) => string;
  readonly closed: string;
  readonly groups: Readonly<Record<Group, string>>;
  readonly agents: string;
  readonly loggedIn: (count: number, all: number) => string;
  readonly nobody: string;
  readonly noQueues: string;
  readonly doing: Readonly<Record<Doing, string>>;
  readonly alert: (code: string, rings: number) => string;
  readonly parts: Readonly<Record<string, string>>;
  readonly colon: string;
  readonly comma: string;
  readonly page: (page: number, pages: number) => string;
  readonly connecting: string;
  readonly stale: string;
  readonly staleSince: (time: string, ago: string) => string;
  readonly tryingAgain: string;
  readonly account: string;
  readonly askToken: string;
  readonly logIn: string;
  readonly orToken: string;
  readonly tokenLabel: string;
  readonly tokenKeep: string;
  readonly tokenShow: string;
  readonly tokenRefused: string;
  readonly sessionRefused: string;
  readonly broken: string;
  readonly otherLanguage: string;
}

const en: Texts = {
  queue: "Queue",
  waiting: "Waiting",
  longestWait: "Longest wait",
  serviceLevel: (target) => `Service ${target}`.trim(),
  ring: (number) => `ring ${number}`,
  closed: "closed",
  groups: { free: "Ready", ringing: "Ringing", talking: "Talking", wrapUp: "Wrap-up", away: "Away" },
  agents: "Agents",
  loggedIn: (count, all) => `${count} of ${all} logged in`,
  nobody: "No agent is logged in.",
  noQueues: "The site has no queue.",
  doing: {
    available: "Ready",
    offered: "Ringing",
    connected: "Talking",
    held: "On hold",
    outbound: "Calling out",
    wrap_up: "Wrap-up",
    paused: "Pause",
    auto_paused: "Paused by the system",
    device_unreachable: "Phone unreachable",
    device_busy: "Phone busy",
    resting: "Resting after a miss",
    logged_out: "Logged out",
  },
  alert: (code, rings) =>
    ({
      waits_too_long: `A caller has waited longer than ${rings} rings`,
      ring_reached: "Nobody answers, the supervisor is needed",
      rings_breached: `A phone has rung longer than ${rings} rings`,
      unstaffed: "Callers wait and no agent is at work",
      auto_paused: "Paused by the system after missed calls",
      device_unreachable: "The phone cannot be reached",
      part_degraded: "A part of the service needs attention",
      part_down: "A part of the service is down",
    })[code] ?? code.replaceAll("_", " "),
  parts: { asterisk: "Asterisk", database: "Database", journal: "Journal", dispatcher: "Dispatcher" },
  colon: ": ",
  comma: ", ",
  page: (page, pages) => `${page} / ${pages}`,
  connecting: "Connecting …",
  stale: "No news from the service",
  staleSince: (time, ago) => `The figures are from ${time}, ${ago} ago`,
  tryingAgain: "It reconnects by itself.",
  account: "Your account: change the password, log out",
  askToken: "Log in to see the wallboard",
  logIn: "Log in",
  orToken: "Or use a display token, which keeps this screen on for weeks:",
  tokenLabel: "Display token",
  tokenKeep: "Remember it on this screen",
  tokenShow: "Show the wallboard",
  tokenRefused: "The service does not accept this token.",
  sessionRefused: "Your session is over, or your role may not see the floor.",
  broken: "This page has failed and loads again.",
  otherLanguage: "中文",
};

const zh: Texts = {
  queue: "队列",
  waiting: "排队",
  longestWait: "最长等待",
  serviceLevel: (target) => `服务水平 ${target}`.trim(),
  ring: (number) => `第 ${number} 声`,
  closed: "非服务时间",
  groups: { free: "空闲", ringing: "振铃", talking: "通话", wrapUp: "话后", away: "未就绪" },
  agents: "坐席",
  loggedIn: (count, all) => `已签入 ${count} / ${all}`,
  nobody: "没有坐席签入。",
  noQueues: "本站点没有队列。",
  doing: {
    available: "空闲",
    offered: "振铃中",
    connected: "通话中",
    held: "保持中",
    outbound: "外呼中",
    wrap_up: "话后处理",
    paused: "示忙",
    auto_paused: "系统自动示忙",
    device_unreachable: "话机无法接通",
    device_busy: "话机占用",
    resting: "漏接后暂停派线",
    logged_out: "未签入",
  },
  alert: (code, rings) =>
    ({
      waits_too_long: `有来电排队超过 ${rings} 声`,
      ring_reached: "来电无人应答，请班长处理",
      rings_breached: `话机振铃超过 ${rings} 声`,
      unstaffed: "有来电排队，无坐席在岗",
      auto_paused: "多次漏接，系统已自动示忙",
      device_unreachable: "话机无法接通",
      part_degraded: "系统组件需要检查",
      part_down: "系统组件停止工作",
    })[code] ?? code,
  parts: { asterisk: "Asterisk", database: "数据库", journal: "事件日志", dispatcher: "调度器" },
  colon: "：",
  comma: "、",
  page: (page, pages) => `${page} / ${pages}`,
  connecting: "正在连接……",
  stale: "与服务器失去连接",
  staleSince: (time, ago) => `画面数据停留在 ${time}，已过 ${ago}`,
  tryingAgain: "正在自动重连。",
  account: "我的账户：修改密码、退出登录",
  askToken: "登录后查看大屏",
  logIn: "登录",
  orToken: "或使用大屏令牌，让本屏幕长期显示：",
  tokenLabel: "大屏令牌",
  tokenKeep: "在本屏幕记住令牌",
  tokenShow: "显示大屏",
  tokenRefused: "令牌无效或无权查看。",
  sessionRefused: "您的登录已失效，或您的角色无权查看大屏。",
  broken: "页面出错，正在重新加载。",
  otherLanguage: "English",
};

export const TEXTS: Readonly<Record<Language, Texts>> = { en, "zh-CN": zh };

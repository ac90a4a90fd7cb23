import type { Language } from "./language.ts";

/** Every word of the log-in page. Roles are those of the glossary. */
export interface LoginTexts {
  readonly title: string;
  readonly userName: string;
  readonly password: string;
  readonly logIn: string;
  readonly loggingIn: string;
  readonly capsLock: string;
  readonly or: string;
  readonly signOn: (provider: string) => string;
  /** What went wrong, by the code of the problem. */
  readonly problem: (code: string) => string;
  readonly tryAgainIn: (time: string) => string;
  readonly loggedInAs: (name: string, role: string) => string;
  readonly role: (role: string) => string;
  readonly goOn: string;
  readonly changePassword: string;
  readonly logOut: string;
  readonly loggedOut: string;
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly newPasswordAgain: string;
  readonly rule: string;
  readonly notTheSame: string;
  readonly weakness: (code: string) => string;
  readonly passwordChanged: string;
  readonly save: string;
  readonly back: string;
  readonly providersPassword: string;
  readonly otherLanguage: string;
}

const en: LoginTexts = {
  title: "Log in",
  userName: "User name",
  password: "Password",
  logIn: "Log in",
  loggingIn: "Logging in …",
  capsLock: "Caps Lock is on.",
  or: "or",
  signOn: (provider) => (provider ? `Log in with ${provider}` : "Single sign-on"),
  problem: (code) =>
    ({
      "login-refused": "User name or password is wrong. Try again, or ask an admin.",
      "too-many-attempts": "Log-ins failed too often. Wait, or let an admin unlock you.",
      "accounts-away": "The service cannot look up users now. Calls go on. Try again later.",
      "invalid-request": "This cannot be a user name: expected letters, digits and _ . @ - only.",
      unreachable: "The service does not answer. Check the network, then try again.",
      "weak-password": "This password is too easy to guess:",
      unauthenticated: "The session is over. Log in again.",
      "sign-on-stale": "This log-in took too long, or began in another browser. Begin again.",
      "sign-on-refused": "The provider refused, or you stopped there. Try again, or ask an admin.",
      "sign-on-unproven": "The provider's answer cannot be trusted. Ask an admin to check the settings of both sides.",
      "sign-on-no-name": "The provider gave no user name that can be used here. Ask an admin.",
      "sign-on-no-role": "The provider knows you, but none of your groups has a role here. Ask an admin.",
      "sign-on-name-taken": "Another user here has your name. Ask an admin to link both.",
      "sign-on-disabled": "An admin has disabled your user here.",
      "sign-on-away": "The provider does not answer. Try again later, or log in with a password.",
      "no-sign-on": "Single sign-on is not set up here.",
    })[code] ?? `Something went wrong (${code}). Try again, or ask an admin.`,
  tryAgainIn: (time) => `Try again in ${time}.`,
  loggedInAs: (name, role) => `You are logged in as ${name}, ${role}.`,
  role: (role) =>
    ({
      agent: "agent",
      senior_agent: "senior agent",
      team_leader: "team leader",
      shift_supervisor: "shift supervisor",
      information_desk: "information desk",
      complaint_desk: "complaint desk",
      manager: "manager",
      operations: "operations",
      display: "display",
      admin: "admin",
    })[role] ?? role,
  goOn: "Go on to the wallboard",
  changePassword: "Change the password",
  logOut: "Log out",
  loggedOut: "You are logged out.",
  currentPassword: "Current password",
  newPassword: "New password",
  newPasswordAgain: "Repeat the new password",
  rule: "At least 12 characters; several words are easy to remember. You are logged out everywhere else.",
  notTheSame: "The two new passwords are not the same.",
  weakness: (code) =>
    ({
      length: "It needs 12 to 128 characters.",
      variety: "It has too few different characters.",
      "user-name": "It is mostly your user name.",
      "well-known": "It is mostly a well-known word.",
      row: "It is one sign after the other, as in the alphabet.",
    })[code] ?? code,
  passwordChanged: "The password is changed. You are logged out everywhere else.",
  save: "Save",
  back: "Back",
  providersPassword: "Your password is the provider's: change it there.",
  otherLanguage: "中文",
};

const zh: LoginTexts = {
  title: "登录",
  userName: "用户名",
  password: "密码",
  logIn: "登录",
  loggingIn: "正在登录……",
  capsLock: "大写锁定已打开。",
  or: "或",
  signOn: (provider) => (provider ? `使用 ${provider} 登录` : "单点登录"),
  problem: (code) =>
    ({
      "login-refused": "用户名或密码错误。请重试，或联系管理员。",
      "too-many-attempts": "登录失败次数过多。请稍候，或请管理员解锁。",
      "accounts-away": "服务暂时无法读取用户信息，通话不受影响。请稍后再试。",
      "invalid-request": "用户名无效：只能包含文字、数字和 _ . @ -。",
      unreachable: "服务没有响应。请检查网络后重试。",
      "weak-password": "该密码太容易被猜到：",
      unauthenticated: "登录已失效，请重新登录。",
      "sign-on-stale": "登录用时过长，或不是在此浏览器中开始的。请重新开始。",
      "sign-on-refused": "身份提供方拒绝了登录，或您已取消。请重试，或联系管理员。",
      "sign-on-unproven": "身份提供方的回应不可信。请管理员检查双方的设置。",
      "sign-on-no-name": "身份提供方没有给出可用的用户名。请联系管理员。",
      "sign-on-no-role": "身份提供方认识您，但您所在的组在此没有角色。请联系管理员。",
      "sign-on-name-taken": "此处已有同名用户。请管理员将两者关联。",
      "sign-on-disabled": "管理员已停用您在此处的用户。",
      "sign-on-away": "身份提供方没有响应。请稍后再试，或用密码登录。",
      "no-sign-on": "此处没有设置单点登录。",
    })[code] ?? `出错了（${code}）。请重试，或联系管理员。`,
  tryAgainIn: (time) => `请在 ${time} 后重试。`,
  loggedInAs: (name, role) => `您已登录：${name}（${role}）。`,
  role: (role) =>
    ({
      agent: "坐席",
      senior_agent: "资深坐席",
      team_leader: "组长",
      shift_supervisor: "班长",
      information_desk: "咨询台",
      complaint_desk: "投诉台",
      manager: "经理",
      operations: "运维",
      display: "大屏",
      admin: "管理员",
    })[role] ?? role,
  goOn: "前往大屏",
  changePassword: "修改密码",
  logOut: "退出登录",
  loggedOut: "您已退出登录。",
  currentPassword: "当前密码",
  newPassword: "新密码",
  newPasswordAgain: "再次输入新密码",
  rule: "至少 12 个字符，用几个词组成更容易记住。您在其他设备上的登录将失效。",
  notTheSame: "两次输入的新密码不一致。",
  weakness: (code) =>
    ({
      length: "长度须为 12 到 128 个字符。",
      variety: "不同的字符太少。",
      "user-name": "大部分是您的用户名。",
      "well-known": "大部分是常见的词。",
      row: "字符依次相连，如同字母表。",
    })[code] ?? code,
  passwordChanged: "密码已修改，您在其他设备上的登录均已失效。",
  save: "保存",
  back: "返回",
  providersPassword: "您的密码由身份提供方管理，请在那里修改。",
  otherLanguage: "English",
};

export const LOGIN_TEXTS: Readonly<Record<Language, LoginTexts>> = { en, "zh-CN": zh };

package mailserver

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// config is Dovecot's configuration, in the language of the installed version.
func (s *Server) config(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, s.binary, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("version of Dovecot: %w", err)
	}
	uid, gid, user, group, err := s.identity()
	if err != nil {
		return "", err
	}
	version, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	template, endless := dovecot24, "restart_request_count = unlimited"
	tokens := dovecotTokens24
	if strings.HasPrefix(version, "2.2") || strings.HasPrefix(version, "2.3") {
		template, endless, tokens = dovecot23, "service_count = 0", dovecotTokens23
	}
	mechanisms := "plain login"
	if s.introspection == "" {
		tokens = ""
	} else {
		mechanisms += " xoauth2 oauthbearer"
	}
	fsync := "optimized"
	if s.quick {
		fsync = "never"
	}
	return strings.NewReplacer(
		"$dir", s.dir, "$mail", s.mailRoot(), "$users", s.usersFile(),
		"$certificate", s.CertificateFile(), "$key", s.keyFile(), "$fsync", fsync, "$endless", endless,
		"$mechanisms", mechanisms, "$tokens", s.tokensFile(), "$introspection", s.introspection,
		"$user", user, "$group", group, "$uid", fmt.Sprint(uid), "$gid", fmt.Sprint(gid),
		"$imaps", fmt.Sprint(s.IMAPSPort), "$imap", fmt.Sprint(s.IMAPPort),
		"$pop3s", fmt.Sprint(s.POP3SPort), "$pop3", fmt.Sprint(s.POP3Port),
	).Replace(template + tokens + dovecotCommon), nil
}

// dovecotCommon is what all versions understand. All services run as one user without rights, so
// none of them can change its root folder. Failed logins are neither delayed nor remembered:
// tests make them on purpose.
const dovecotCommon = `
protocols = imap pop3
listen = 127.0.0.1
base_dir = $dir/run
state_dir = $dir/state
log_path = $dir/log
default_internal_user = $user
default_internal_group = $group
default_login_user = $user
first_valid_uid = 1
auth_mechanisms = $mechanisms
auth_failure_delay = 0
mail_max_userip_connections = 1000
mail_fsync = $fsync
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  chroot =
  $endless
  process_min_avail = 1
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = $imaps
    ssl = yes
  }
}
service imap {
  process_limit = 1000
}
service pop3-login {
  chroot =
  $endless
  inet_listener pop3 {
    port = $pop3
  }
  inet_listener pop3s {
    port = $pop3s
    ssl = yes
  }
}
`

// tokensConfig is what older versions read from a file of its own.
func (s *Server) tokensConfig() string {
	return "introspection_mode = post\nintrospection_url = " + s.introspection +
		"\nusername_attribute = email\nactive_attribute = active\nactive_value = true\n"
}

const dovecotTokens23 = `
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $tokens
}
`

const dovecotTokens24 = `
oauth2 {
  introspection_mode = post
  introspection_url = $introspection
  username_attribute = email
  active_attribute = active
  active_value = true
}
passdb oauth2 {
  mechanisms_filter = xoauth2 oauthbearer
}
`

const dovecot23 = `
disable_plaintext_auth = no
ssl = yes
ssl_cert = <$certificate
ssl_key = <$key
mail_location = maildir:$mail/%u
passdb {
  driver = passwd-file
  args = username_format=%u $users
}
userdb {
  driver = static
  args = uid=$uid gid=$gid home=$mail/%u allow_all_users=yes
}
`

const dovecot24 = `
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
auth_allow_cleartext = yes
ssl = yes
ssl_server_cert_file = $certificate
ssl_server_key_file = $key
mail_driver = maildir
mail_path = $mail/%{user}
mail_home = $mail/%{user}
mail_uid = $uid
mail_gid = $gid
passdb passwd-file {
  passwd_file_path = $users
}
userdb static {
  fields {
    uid = $uid
    gid = $gid
    home = $mail/%{user}
  }
}
`

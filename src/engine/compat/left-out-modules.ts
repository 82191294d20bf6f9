/** Modules of Salt that this program leaves out on purpose, with what to write instead. The compatibility page is made from it. */
import { matchGlob } from '../target/glob.ts'

export interface LeftOutModules {
  /** What the names stand for, for readers. */
  readonly subject: string
  /** Names of state modules and of execution modules, with globs. */
  readonly names: readonly string[]
  readonly instead: string
}

export const commandState = 'cmd.run with unless, onlyif or creates'

/** @param names with spaces between them */
function leftOut(subject: string, instead: string, names: string): LeftOutModules {
  return { subject, instead, names: names.trim().split(/\s+/) }
}

export const leftOutModules: readonly LeftOutModules[] = [
  leftOut(
    'Augeas',
    'file.replace, file.keyvalue, file.blockreplace or ini.options_present',
    `
    augeas augeas_cfg
  `,
  ),
  leftOut(
    'Storage: LVM, RAID, file systems, encryption',
    `the system's own programs in ${commandState}; mounts in mount.mounted`,
    `
    lvm linux_lvm blockdev raid mdadm mdadm_raid btrfs zfs zpool cryptdev bcache xfs extfs parted partition quota
    snapper glusterfs moosefs drbd multipath powerpath
  `,
  ),
  leftOut(
    'Amazon Web Services',
    'the program aws in cmd.run, or http.query',
    `
    boto* aws_* s3 route53 awslambda
  `,
  ),
  leftOut(
    'Other clouds',
    "the provider's own program in cmd.run, or http.query; then salt.wheel key.accept and salt.wait_for_event in an orchestration",
    `
    azurearm* azure* gcp_* libcloud_* keystone* glance* neutron* nova cinder swift heat openstack* pyrax* cloud
    saltcloud* linode proxmox vultr digitalocean opennebula
  `,
  ),
  leftOut(
    'MySQL and MariaDB',
    `mysql --batch --execute in ${commandState}`,
    `
    mysql mysql_* mariadb
  `,
  ),
  leftOut(
    'PostgreSQL',
    `psql --command, createdb and createuser in ${commandState}`,
    `
    postgres postgres_*
  `,
  ),
  leftOut(
    'Other databases',
    `the client of the database in ${commandState}, or http.query`,
    `
    mongodb* redis redismod memcached cassandra* couchdb couchbase influxdb* influxdb08* sqlite3 mssql* oracle
    elasticsearch* solr riak etcd etcd_mod consul zookeeper
  `,
  ),
  leftOut(
    'RabbitMQ',
    `rabbitmqctl in ${commandState}`,
    `
    rabbitmq rabbitmq_*
  `,
  ),
  leftOut(
    'Firewalls',
    'file.managed for the file of rules, and service.running with watch; iptables.* for single rules, or cmd.run with unless',
    `
    nftables firewalld ipset csf apf ufw firewall
  `,
  ),
  leftOut(
    'Web servers',
    'file.managed and file.symlink for sites and modules, service.running with watch',
    `
    apache apache_* nginx tomcat modjk* trafficserver jboss7* htpasswd webutil uwsgi
  `,
  ),
  leftOut(
    'Containers beside Docker, virtual machines',
    `the program of the subject (docker, podman, kubectl apply, helm, virsh …) in ${commandState}`,
    `
    lxc lxd* nspawn virt libvirt* vagrant vbox* smartos* esx* vsphere* vmware* xen* openvz buildah podman
    docker_compose dockercompose swarm k8s kubernetes* helm marathon* chronos* mesos
  `,
  ),
  leftOut(
    'Package managers of languages',
    `the package manager in ${commandState}`,
    `
    gem pecl pear cabal bower composer cpan rvm rbenv pyenv gem* uv cargo luarocks zcbuildout
  `,
  ),
  leftOut(
    'Other version control',
    'git, or the program of the subject in cmd.run with creates',
    `
    hg svn github bitbucket
  `,
  ),
  leftOut(
    'Windows',
    'PowerShell in cmd.run (shell: powershell)',
    `
    win_* chocolatey reg rdp lgpo* lgpo dsc winrepo wua wusa pki ntfs shortcut license dism certutil powercfg
    smtp_server servermanager
  `,
  ),
  leftOut(
    'macOS',
    'the programs of macOS in cmd.run',
    `
    mac_* macdefaults macpackage assistive keychain xattr softwareupdate
  `,
  ),
  leftOut(
    'Network devices, proxies, server boards',
    'ssh or the API of the device from cmd.run, http.query or a module of your own',
    `
    napalm* net*config netacl netntp netsnmp netusers netyang nxos* junos panos bigip cimc cisconso drac*
    dellchassis ipmi infoblox bluecoat* fortinet iosconfig arista* pyeapi salt_proxy proxy probes netconfig
    ciscoconfparse* redfish
  `,
  ),
  leftOut(
    'Monitoring and messages',
    'http.query (http.wait_for_successful_query), or an event sink',
    `
    zabbix* zenoss grafana* grafana4* icinga2 nagios* monit pagerduty* opsgenie victorops statuspage telemetry*
    serverdensity* uptime slack slack_notify hipchat mattermost msteams telegram pushover twilio* xmpp kapacitor
    splunk* logentries newrelic datadog* boundary ifttt stormpath* artifactory jenkins ansiblegate wordpress nexus
    smtp
  `,
  ),
  leftOut(
    'Directories and secrets',
    `the program of the subject in ${commandState}; secrets through the pillar (renderer gpg, ext_pillar http_json or cmd_json)`,
    `
    ldap* vault gpg nacl sdb keystore tls acme letsencrypt certbot openssl ssh_pki kerberos heimdal pass lastpass
  `,
  ),
  leftOut(
    'SELinux, capabilities, access lists',
    `semanage, restorecon, setsebool or setfacl in ${commandState}`,
    `
    selinux acl linux_acl apparmor capirca rbac_solaris
  `,
  ),
  leftOut(
    'Desktop',
    'gsettings or localectl in cmd.run with unless',
    `
    gnomedesktop desktop* xdg* keyboard
  `,
  ),
  leftOut(
    'Building packages',
    'cmd.run with creates',
    `
    pkgbuild debuild* rpmbuild* makeconf portage_config ebuild* layman eselect ports poudriere pkgng
  `,
  ),
  leftOut(
    'Other ways to start programs',
    `a systemd unit (file.managed and service.running), cron.present, or the program of the subject in ${commandState}`,
    `
    supervisord incron lvs_* openvswitch_* pcs corosync crm haproxyconn keepalived runit daemontools
  `,
  ),
  leftOut(
    'Exports, mail, time',
    'file.managed or file.line for the file of configuration, and service.running with watch',
    `
    nfs_export nfs3 ntp tuned syslog_ng sysrc sysfs udev postfix opendkim alias aliases pam cyg
  `,
  ),
  leftOut(
    'Other configuration tools',
    'the program of the subject in cmd.run',
    `
    chef puppet ansible idem salt_cloud terraform sysmod zone zoneadm zonecfg jail* bhyve pdbedit smb*
    celery django* drupal x509_v2
  `,
  ),
]

/** Undefined where none of the modules that are left out has that name. */
export function substituteOf(module: string): LeftOutModules | undefined {
  return leftOutModules.find(({ names }) => names.some((name) => matchGlob(name, module)))
}
